import type { DeliveryOutcome } from '../../core/delivery.ts';
import type { Arrival, Refusal } from '../../core/message.ts';
import type { Ack, AckCode, Hl7Message } from '../../formats/hl7v2/index.ts';
import { hl7ContentType } from './arrival.ts';

/**
 * What a negative answer means. `by-condition` follows HL7 v2.5.1 2.9.2: AE and CE find fault with the content, which a repetition does not
 * mend, unless ERR-3 says 207 (internal error of the receiver); AR and CR refuse type, version or processing id for good.
 */
export type NegativeAnswer = 'by-condition' | 'retry' | 'dead';

const internalError = '207';

/** The end of an attempt whose answer was read. `name` is the destination's. */
export function outcomeOf(
  ack: Ack,
  answer: Hl7Message,
  name: string,
  negative: NegativeAnswer,
): DeliveryOutcome {
  if (ack.code === 'AA' || ack.code === 'CA') {
    return { kind: 'delivered', answer: answerArrival(ack, answer, name), note: ack.code };
  }
  const conditions = ack.conditions.length > 0 ? ` with condition ${ack.conditions.join(', ')}` : '';
  const detail = `the receiver answered ${ack.code}${conditions.slice(0, 100)}`;
  if (isWorthRepeating(ack.code, ack.conditions, negative)) {
    return { kind: 'retry', error: { code: 'BH_DELIVERY_BUSY', detail } };
  }
  const error: Refusal = { code: 'BH_DELIVERY_REFUSED', detail };
  return { kind: 'dead', error, answer: answerArrival(ack, answer, name) };
}

function isWorthRepeating(code: AckCode, conditions: readonly string[], negative: NegativeAnswer): boolean {
  if (negative !== 'by-condition') return negative === 'retry';
  return (code === 'AE' || code === 'CE') && conditions.includes(internalError);
}

function answerArrival(ack: Ack, answer: Hl7Message, name: string): Arrival {
  const event = answer.get('MSH-9.2');
  return {
    kind: 'answer',
    type: (event === '' ? 'ACK' : `ACK^${event}`).slice(0, 64),
    sender: name,
    contentType: hl7ContentType,
    body: { kind: 'inline', bytes: answer.print() },
    searchKeys: ack.controlId === '' ? [] : [['control-id', ack.controlId.slice(0, 199)]],
  };
}
