import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import { toBitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Counter, Destination } from '../../../core/ports/index.ts';
import { studyQueryContentType } from '../../../core/study-query.ts';
import type { CommandSet } from '../message/command-set.ts';
import { store } from '../scu/store.ts';
import { storageCommitment } from '../sop-classes.ts';
import type { Association } from '../upper-layer/association.ts';
import { askedOutcome, type CommitmentRules, knownOutcome } from './committed-outcome.ts';
import { type DeliveredObject, deliveredObject } from './delivered-object.ts';
import type { DimseDestinationOptions } from './destination-options.ts';
import { KeptAssociations } from './kept-associations.ts';
import { outcomeOfError, storeOutcome } from './store-outcome.ts';
import { answerStudyQuery } from './study-query-answer.ts';

const keepMsDefault = 2_000;
const commitmentWaitMsDefault = 30_000;
const concurrencyDefault = 2;

/**
 * A DICOM archive as a receiver: C-STORE, and answers to study queries by C-FIND and C-GET. A lost answer is tried again and never
 * `unknown`: the same object may always be stored again.
 */
export function createDimseDestination(options: DimseDestinationOptions): Destination {
  return new DimseArchive(options);
}

class DimseArchive implements Destination {
  readonly kind = 'dimse';
  readonly target: string;
  readonly concurrency: number;
  readonly #options: DimseDestinationOptions;
  readonly #answerMs: number;
  readonly #kept: KeptAssociations;
  readonly #attempts: Counter;
  readonly #commitment: CommitmentRules | null;

  constructor(options: DimseDestinationOptions) {
    const { node, clock, connectMs, answerMs = limits.dimseAnswerMs, commitments } = options;
    this.#options = options;
    this.target = `dimse://${node.calledAe}@${node.host}:${node.port}`;
    this.concurrency = options.concurrency ?? concurrencyDefault;
    this.#answerMs = answerMs;
    this.#kept = new KeptAssociations({
      node,
      clock,
      answerMs,
      keepMs: options.keepMs ?? keepMsDefault,
      services: commitments === undefined ? [] : [storageCommitment],
      ...(connectMs === undefined ? {} : { connectMs }),
    });
    const waitMs = options.commitmentWaitMs ?? commitmentWaitMsDefault;
    this.#commitment =
      commitments === undefined
        ? null
        : { awaited: commitments, archiveAe: node.calledAe, clock, waitMs, answerMs };
    this.#attempts = options.metrics.counter({
      name: 'bithive_dimse_sent_total',
      help: 'Attempts to store an object or to answer a query about a study, by outcome.',
      labels: ['destination', 'outcome'],
    });
  }

  async send(delivery: LeasedDelivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const outcome = await this.#attempt(delivery, signal).catch((error: unknown) =>
      outcomeOfError(error, signal.aborted),
    );
    const { name, logger } = this.#options;
    this.#attempts.add(1, { destination: name, outcome: outcome.kind });
    if (outcome.kind !== 'delivered') {
      const { code } = outcome.error;
      logger.warn('dimse.send.failed', { destination: name, delivery: delivery.id, code });
    }
    return outcome;
  }

  close(): Promise<void> {
    return this.#kept.close();
  }

  async #attempt(delivery: LeasedDelivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { blobs, node, clock, name } = this.#options;
    if (delivery.contentType === studyQueryContentType) {
      const answerMs = this.#answerMs;
      return answerStudyQuery(delivery, { node, clock, answerMs, blobs, name, signal });
    }
    const object = await deliveredObject(delivery, blobs);
    const rules = this.#commitment;
    const known = rules === null ? null : knownOutcome(rules, object);
    if (known !== null) return known;
    const { association, answer } = await this.#store(object, signal);
    const abort = (): void => association.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const outcome = storeOutcome(answer, delivery.attempts);
      if (rules === null || outcome.kind !== 'delivered') return outcome;
      return await askedOutcome(rules, association, { object, delivery, outcome });
    } finally {
      signal.removeEventListener('abort', abort);
      this.#kept.give(association);
    }
  }

  /** A kept association may have ended unnoticed: the object then goes over another, as if the first had not been there. */
  async #store(
    object: DeliveredObject,
    signal: AbortSignal,
  ): Promise<{ readonly association: Association; readonly answer: CommandSet }> {
    const { association, isKept } = await this.#kept.take(object, signal);
    const abort = (): void => association.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const sent = { ...object, dataSet: object.dataSet() };
      return { association, answer: await store(association, sent, this.#answerMs) };
    } catch (error) {
      const code = toBitHiveError(error).code;
      // The peer's refusal of the context ends nothing.
      if (!association.hasEnded) this.#kept.give(association);
      if (!isKept || signal.aborted || code !== 'BH_DIMSE_ABORTED') throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
    return this.#store(object, signal);
  }
}
