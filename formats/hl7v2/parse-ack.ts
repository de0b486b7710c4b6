import type { AckCode } from './acknowledgement.ts';
import type { Hl7Message } from './message.ts';

export interface Ack {
  readonly code: AckCode;
  /** MSA-2: control id of the message that is answered. */
  readonly controlId: string;
  /** ERR-3.1, or ERR-1.4.1 before v2.5, of each ERR: codes of HL7 table 0357. */
  readonly conditions: readonly string[];
  /** What the receiver says in words: ERR-8, ERR-7, ERR-3.2 or MSA-3. May hold patient data: not for logs. */
  readonly text: string;
}

const ackCodes: ReadonlySet<string> = new Set(['AA', 'AE', 'AR', 'CA', 'CE', 'CR']);

/**
 * Reads an acknowledgement strictly: MSH, then exactly one MSA with a code of table 0008. null for anything else, which a sender
 * must never take for a success.
 */
export function parseAck(message: Hl7Message): Ack | null {
  const msas = message.all('MSA');
  const msa = msas[0];
  if (msa === undefined || msas.length > 1) return null;
  const code = msa.get(1);
  if (!ackCodes.has(code)) return null;
  const errors = message.all('ERR');
  const conditions = errors
    .map((err) => err.get(3) || err.get(1, 1, 4))
    .filter((condition) => condition !== '');
  const texts = errors.map((err) => err.value(8) || err.value(7) || err.get(3, 1, 2) || err.get(1, 1, 4, 2));
  const text = texts.find((one) => one !== '') ?? msa.value(3);
  return { code: code as AckCode, controlId: msa.value(2), conditions, text };
}
