import { catalogue, type ErrorCode } from '../../core/error-catalogue.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Refusal } from '../../core/message.ts';
import type { Acceptance, Clock } from '../../core/ports/index.ts';
import {
  type AckCode,
  buildAck,
  type Hl7Message,
  parseAck,
  parseMessage,
} from '../../formats/hl7v2/index.ts';
import { frameMessage } from './framer.ts';
import { RepeatedAnswer } from './repeated-answer.ts';

/** What a message asks to be told (HL7 v2.5.1 2.9.2, 2.9.3; conditions of table 0155). */
export interface AnswerPlan {
  readonly mode: 'original' | 'enhanced' | 'silent';
  /** MSH-15 and MSH-16: AL always, ER on error, SU on success, NE never. */
  readonly commit: string;
  readonly application: string;
  /** What a positive answer tells beside. */
  readonly warning: Refusal | undefined;
}

/** An acknowledgement is not acknowledged in original mode: two engines that did would answer each other for ever. */
export function planOf(message: Hl7Message | null): AnswerPlan {
  const header = message?.first('MSH');
  const commit = header?.get(15) ?? '';
  const application = header?.get(16) ?? '';
  const warning = message?.warnings[0];
  if (commit !== '' || application !== '') return { mode: 'enhanced', commit, application, warning };
  return { mode: header?.get(9) === 'ACK' ? 'silent' : 'original', commit, application, warning };
}

export interface AnswerOptions {
  readonly clock: Clock;
  readonly nextControlId: () => string;
  readonly application: string;
}

/** The answers to one message, framed: `commit` leaves when it is stored, `application` after it. Either may be absent. */
export interface Answers {
  readonly commit?: Uint8Array;
  readonly application?: Uint8Array;
}

/** Makes the answers of one connection. */
export class Answerer {
  readonly #options: AnswerOptions;
  #last: RepeatedAnswer | null = null;

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  /** The commit of an enhanced message that was stored, before the moment that the channel's `ack` names. */
  stored(message: Hl7Message | null, plan: AnswerPlan): Uint8Array | undefined {
    if (plan.mode !== 'enhanced' || !asks(plan.commit, true)) return undefined;
    return this.#ack(message, 'CA', plan.warning);
  }

  /** What the sender is told of a message that was taken. */
  answer(
    message: Hl7Message | null,
    plan: AnswerPlan,
    acceptance: Exclude<Acceptance, { kind: 'refused' }>,
  ): Answers {
    if (acceptance.kind === 'relayed') return this.#relayed(message, plan, acceptance.answer);
    return this.#accepted(message, plan, acceptance.warning ?? plan.warning);
  }

  /** What the sender is told of a refusal, kept or not. */
  refused(message: Hl7Message | null, plan: AnswerPlan, error: Refusal): Answers {
    const isReject = catalogue[codeOf(error)].ack === 'AR';
    if (plan.mode === 'silent') return {};
    if (plan.mode === 'original') return { commit: this.#ack(message, isReject ? 'AR' : 'AE', error) };
    if (asks(plan.commit, false)) return { commit: this.#ack(message, isReject ? 'CR' : 'CE', error) };
    return asks(plan.application, false) ? this.refusedLater(message, plan, error) : {};
  }

  /** A refusal by the application, after the commit was positive. */
  refusedLater(message: Hl7Message | null, plan: AnswerPlan, error: Refusal): Answers {
    if (!asks(plan.application, false)) return {};
    return { application: this.#ack(message, catalogue[codeOf(error)].ack, error) };
  }

  #accepted(message: Hl7Message | null, plan: AnswerPlan, warning: Refusal | undefined): Answers {
    if (plan.mode === 'silent') return {};
    if (plan.mode === 'original') return { commit: this.#ack(message, 'AA', warning) };
    return {
      ...(asks(plan.commit, true) ? { commit: this.#ack(message, 'CA', warning) } : {}),
      ...(asks(plan.application, true) ? { application: this.#ack(message, 'AA', warning) } : {}),
    };
  }

  /** A destination's answer goes on as it is when it names this message; else what it says is said again in an answer of our own. */
  #relayed(message: Hl7Message | null, plan: AnswerPlan, answer: Uint8Array): Answers {
    const bytes = this.#relayable(message, answer);
    if (plan.mode === 'silent') return {};
    if (plan.mode === 'original') return { commit: bytes };
    return {
      ...(asks(plan.commit, true) ? { commit: this.#ack(message, 'CA', undefined) } : {}),
      ...(plan.application === 'NE' || plan.application === '' ? {} : { application: bytes }),
    };
  }

  #relayable(message: Hl7Message | null, answer: Uint8Array): Uint8Array {
    const ack = readAck(answer);
    if (ack === null) {
      const detail = 'the answer of the destination is no acknowledgement';
      return this.#ack(message, 'AE', { code: 'BH_DELIVERY_REFUSED', detail });
    }
    // A commit of the destination says that it holds the message; to this sender it is the answer of the application.
    if (ack.controlId === message?.get('MSH-10') && ack.code.startsWith('A')) return frameMessage(answer);
    const code = `A${ack.code.charAt(1)}` as AckCode;
    const error: Refusal = { code: 'BH_DELIVERY_REFUSED', detail: ack.text };
    return this.#ack(message, code, code === 'AA' ? undefined : error);
  }

  #ack(message: Hl7Message | null, code: AckCode, error: Refusal | undefined): Uint8Array {
    const controlId = this.#options.nextControlId();
    const atMs = this.#options.clock.nowMs();
    if (message === null || error !== undefined) return this.#print(message, code, controlId, atMs, error);
    const repeated = this.#last?.to(message, code, controlId, atMs);
    if (repeated != null) return repeated;
    const answer = this.#print(message, code, controlId, atMs, undefined);
    this.#last = RepeatedAnswer.of(message, code, answer.subarray(1, -2));
    return answer;
  }

  #print(
    message: Hl7Message | null,
    code: AckCode,
    controlId: string,
    atMs: number,
    error: Refusal | undefined,
  ): Uint8Array {
    const { application } = this.#options;
    const severity = code === 'AA' || code === 'CA' ? 'W' : 'E';
    const told = error === undefined ? {} : { error };
    return frameMessage(buildAck({ message, code, controlId, atMs, application, severity, ...told }));
  }
}

function readAck(bytes: Uint8Array) {
  try {
    return parseAck(parseMessage(bytes));
  } catch (cause) {
    if (cause instanceof BitHiveError) return null;
    throw cause;
  }
}

function asks(condition: string, isSuccess: boolean): boolean {
  return condition === 'AL' || condition === (isSuccess ? 'SU' : 'ER');
}

function codeOf(error: Refusal): ErrorCode {
  return error.code in catalogue ? (error.code as ErrorCode) : 'BH_INTERNAL';
}
