import { type Delivery, type DeliveryOutcome, openDeliveryStates } from '../../core/delivery.ts';
import { toBitHiveError } from '../../core/errors.ts';
import type { DeliveryId, MessageId } from '../../core/ids.ts';
import { limits } from '../../core/limits.ts';
import type { Refusal } from '../../core/message.ts';
import type { Clock, Logger, ProcessedMessage, Store, Work } from '../../core/ports/index.ts';

interface Waiter {
  readonly want: 'mapped' | 'delivered';
  /** Deliveries not ended yet; null while the message is not processed. */
  open: Set<DeliveryId> | null;
  readonly only: string | undefined;
  refusal: Refusal | undefined;
  readonly resolve: (refusal: Refusal | undefined) => void;
}

const pollMs = 500;

/**
 * Lets the acceptance of a message wait until it is mapped or delivered. Fed by the processor and deliverer of this process; what
 * another engine node does is seen by polling the store.
 */
export class Moments {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #waiters = new Map<MessageId, Waiter[]>();
  readonly #stopListening: () => void;
  #cancelPoll: (() => void) | undefined;

  constructor({ store, clock, logger }: { store: Store; clock: Clock; logger: Logger }) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#stopListening = store.onWork((work) => this.#onWork(work));
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves when the message is mapped or all its deliveries (or those of `destination`) have ended; with the refusal when one did
   * not succeed, or BH_DELIVERY_UNKNOWN when the time is over: the message is stored all the same.
   */
  async reached(id: MessageId, want: Waiter['want'], destination?: string): Promise<Refusal | undefined> {
    let resolve: Waiter['resolve'] = () => {};
    const reached = new Promise<Refusal | undefined>((settle) => {
      resolve = settle;
    });
    const waiter: Waiter = { want, open: null, only: destination, refusal: undefined, resolve };
    this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), waiter]);
    const cancel = this.#clock.after(limits.hl7AnswerMs, () => resolve(late(want)));
    // A duplicate may wait for what has long happened; only its own message is looked at, or many that wait would be looked at by each.
    this.#look(id).catch((error) => this.#missed(error));
    this.#schedulePoll();
    try {
      return await reached;
    } finally {
      cancel();
      this.#forget(id, waiter);
    }
  }

  /** A duplicate may wait for the same message longer than the first one does. */
  #forget(id: MessageId, gone: Waiter): void {
    const left = (this.#waiters.get(id) ?? []).filter((waiter) => waiter !== gone);
    if (left.length > 0) this.#waiters.set(id, left);
    else this.#waiters.delete(id);
  }

  /** The processor tells what it committed. */
  processed(results: readonly ProcessedMessage[], deliveries: readonly (readonly DeliveryId[])[]): void {
    if (this.#waiters.size === 0) return;
    results.forEach((result, index) => {
      for (const waiter of this.#waiters.get(result.id) ?? []) {
        if (waiter.want === 'mapped' || result.refusal) waiter.resolve(result.refusal);
        else this.#expect(waiter, result, deliveries[index] ?? []);
      }
    });
  }

  #expect(waiter: Waiter, result: ProcessedMessage, ids: readonly DeliveryId[]): void {
    const wanted = ids.filter(
      (_, index) => waiter.only === undefined || result.deliveries[index]?.destination === waiter.only,
    );
    waiter.open = new Set(wanted);
    if (wanted.length === 0) waiter.resolve(undefined);
  }

  /** The deliverer tells what ended. */
  settled(messageId: MessageId, id: DeliveryId, outcome: DeliveryOutcome): void {
    if (outcome.kind === 'retry') return;
    for (const waiter of this.#waiters.get(messageId) ?? []) {
      if (!waiter.open?.delete(id)) continue;
      if (outcome.kind !== 'delivered') waiter.refusal = outcome.error;
      if (waiter.open.size === 0) waiter.resolve(waiter.refusal);
    }
  }

  close(): void {
    this.#stopListening();
    this.#cancelPoll?.();
    for (const waiters of this.#waiters.values())
      for (const waiter of waiters) waiter.resolve(late(waiter.want));
  }

  #onWork(work: Work): void {
    if (work.kind === 'any') this.#poll().catch((error) => this.#missed(error));
  }

  /** The store is away for now: the next poll comes back to it, and each waiter has its own time limit. */
  #missed(error: unknown): void {
    this.#logger.warn('moments.fault', { code: toBitHiveError(error).code });
  }

  #schedulePoll(): void {
    if (this.#cancelPoll) return;
    this.#cancelPoll = this.#clock.after(pollMs, () => {
      this.#cancelPoll = undefined;
      this.#poll()
        .catch((error) => this.#missed(error))
        .finally(() => {
          if (this.#waiters.size > 0) this.#schedulePoll();
        });
    });
  }

  async #poll(): Promise<void> {
    for (const id of [...this.#waiters.keys()]) await this.#look(id);
  }

  async #look(id: MessageId): Promise<void> {
    const message = await this.#store.getMessage(id);
    if (!message || message.status === 'received') return;
    const deliveries = await this.#store.searchDeliveries({ messageId: id, limit: limits.searchRowsMax });
    for (const waiter of this.#waiters.get(id) ?? []) judge(waiter, message.refusal, deliveries);
  }
}

function judge(waiter: Waiter, refusal: Refusal | undefined, deliveries: readonly Delivery[]): void {
  if (waiter.want === 'mapped' || refusal) {
    waiter.resolve(refusal);
    return;
  }
  const wanted = deliveries.filter(
    ({ destination }) => waiter.only === undefined || destination === waiter.only,
  );
  const open = wanted.filter(({ state }) => openDeliveryStates.includes(state));
  waiter.open ??= new Set(open.map(({ id }) => id));
  if (open.length > 0) return;
  const failed = wanted.find(({ state }) => state !== 'delivered');
  waiter.resolve(failed && (failed.lastError ?? notDelivered));
}

const notDelivered: Refusal = { code: 'BH_DELIVERY_REFUSED', detail: 'the delivery was cancelled' };

const late = (want: string): Refusal => ({
  code: 'BH_DELIVERY_UNKNOWN',
  detail: `stored; not yet ${want}`,
});
