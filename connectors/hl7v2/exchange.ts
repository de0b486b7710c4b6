import type { Refusal } from '../../core/message.ts';
import type { Acceptance } from '../../core/ports/index.ts';
import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import { type Answerer, type AnswerPlan, type Answers, planOf } from './answers.ts';
import { headerOf } from './large-message.ts';
import type { AnswerSlot, OrderedAnswers } from './ordered-answers.ts';

/** The two orders of answers of one connection: commits, and what the application says of enhanced messages. */
export interface AnswerOrders {
  readonly commits: OrderedAnswers;
  readonly applications: OrderedAnswers;
}

export interface ExchangeOptions {
  /** Nothing is ever answered: `ack: none`. */
  readonly isSilent: boolean;
  readonly bytesCount: number;
  readonly startedAtMs: number;
}

/** One message between its arrival and its answers. Its places in the order are taken when it is made. */
export class Exchange {
  #message: Hl7Message | null;
  readonly #plan: AnswerPlan;
  readonly #answerer: Answerer;
  readonly #isSilent: boolean;
  readonly #commit: AnswerSlot;
  readonly #application: AnswerSlot | undefined;
  #isCommitted = false;
  /** Bytes that it keeps in memory. */
  bytesCount: number;
  readonly startedAtMs: number;

  constructor(
    message: Hl7Message | null,
    answerer: Answerer,
    orders: AnswerOrders,
    options: ExchangeOptions,
  ) {
    this.#message = message;
    this.#plan = planOf(message);
    this.#answerer = answerer;
    this.#isSilent = options.isSilent;
    this.bytesCount = options.bytesCount;
    this.startedAtMs = options.startedAtMs;
    this.#commit = orders.commits.open();
    this.#application = this.#plan.mode === 'enhanced' ? orders.applications.open() : undefined;
  }

  /** It has a commit of its own, before the answer of the application. */
  get isEnhanced(): boolean {
    return this.#application !== undefined;
  }

  /** Lets go of the body, which is kept elsewhere. */
  keepHeader(): void {
    this.bytesCount = 0;
    if (this.#message !== null) this.#message = headerOf(this.#message);
  }

  /** It is durable, and the channel's answer comes later: the commit of enhanced mode leaves now. */
  stored(): void {
    if (this.#application === undefined || this.#isCommitted) return;
    this.#isCommitted = true;
    this.#fill(this.#commit, this.#answerer.stored(this.#message, this.#plan));
  }

  settle(acceptance: Acceptance): void {
    if (acceptance.kind === 'refused') this.refuse(acceptance.error);
    else this.#answer(this.#answerer.answer(this.#message, this.#plan, acceptance));
  }

  refuse(error: Refusal): void {
    const answers = this.#isCommitted
      ? this.#answerer.refusedLater(this.#message, this.#plan, error)
      : this.#answerer.refused(this.#message, this.#plan, error);
    this.#answer(answers);
  }

  #answer({ commit, application }: Answers): void {
    const slot = this.#application;
    if (slot === undefined) this.#fill(this.#commit, commit);
    else if (this.#isCommitted) this.#fill(slot, application);
    else this.#fill(this.#commit, commit, () => this.#fill(slot, application));
  }

  #fill(slot: AnswerSlot, answer: Uint8Array | undefined, flushed?: () => void): void {
    slot.fill(this.#isSilent ? undefined : answer, flushed);
  }
}
