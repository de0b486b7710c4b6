import type { Refusal } from '../../core/message.ts';
import type { Acceptance } from '../../core/ports/index.ts';
import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import { type Answerer, type AnswerPlan, type Answers, planOf } from './answers.ts';
import { frameMessage } from './framer.ts';
import { headerOf } from './large-message.ts';
import type { AnswerSlot, OrderedAnswers } from './ordered-answers.ts';

/** The two orders of answers of one connection: commits, and what the application says of enhanced messages. */
export interface AnswerOrders {
  readonly commits: OrderedAnswers;
  readonly applications: OrderedAnswers;
}

/** One message between its arrival and its answers. Its places in the order are taken when it is made. */
export class Exchange {
  #message: Hl7Message | null;
  readonly #plan: AnswerPlan;
  readonly #answerer: Answerer;
  /** Nothing is ever answered: `ack: none`. */
  readonly #isSilent: boolean;
  readonly #commit: AnswerSlot;
  readonly #application: AnswerSlot | undefined;
  #isCommitted = false;

  constructor(message: Hl7Message | null, answerer: Answerer, orders: AnswerOrders, isSilent: boolean) {
    this.#message = message;
    this.#plan = planOf(message);
    this.#answerer = answerer;
    this.#isSilent = isSilent;
    this.#commit = orders.commits.open();
    this.#application = this.#plan.mode === 'enhanced' ? orders.applications.open() : undefined;
  }

  /** Lets go of the body, which is kept elsewhere. */
  keepHeader(): void {
    if (this.#message !== null) this.#message = headerOf(this.#message);
  }

  /** It is durable, and the channel's answer comes later: the commit of enhanced mode leaves now. */
  stored(): void {
    if (this.#application === undefined || this.#isCommitted) return;
    this.#isCommitted = true;
    this.#commit.fill(this.#framed(this.#answerer.stored(this.#message, this.#plan)));
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
    const applicationLeaves = (): void => this.#application?.fill(this.#framed(application));
    if (this.#isCommitted) applicationLeaves();
    else this.#commit.fill(this.#framed(commit), applicationLeaves);
  }

  #framed(answer: Uint8Array | undefined): readonly Uint8Array[] {
    return answer === undefined || this.#isSilent ? [] : [frameMessage(answer)];
  }
}
