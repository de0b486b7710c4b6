import { standardDelimiters } from './delimiters.ts';
import { escapeText } from './escape.ts';
import { formatTimestamp } from './timestamp.ts';

/** Fields of an FHS or BHS segment, which are laid out alike (HL7 v2.5.1 §2.15.2, §2.15.4). Values as sent, escapes kept. */
export interface BatchHeader {
  readonly name: 'FHS' | 'BHS';
  /** FHS-1 and the encoding characters in FHS-2. */
  readonly separator: string;
  readonly encoding: string;
  /** `3|4`, as MSH-3 and MSH-4 name a sender. */
  readonly sender: string;
  /** FHS-11, BHS-11. */
  readonly controlId: string;
  field(n: number): string;
}

const encodingCharactersMax = 5;

export function readBatchHeader(name: 'FHS' | 'BHS', segment: Uint8Array): BatchHeader {
  const text = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength).toString('latin1');
  const separator = text.charAt(3) || standardDelimiters.field;
  const parts = text.split(separator);
  // The separator itself is field 1, so field 2 is the first part after the name.
  const field = (n: number): string => (n < 2 ? separator : printable(parts[n - 1] ?? ''));
  const declared = field(2);
  const isUsable = declared.length > 0 && declared.length <= encodingCharactersMax;
  return {
    name,
    separator,
    encoding: isUsable ? declared : '^~\\&',
    sender: `${field(3)}|${field(4)}`,
    controlId: field(11),
    field,
  };
}

export interface BatchAnswer {
  /** FHS and BHS of the batch that is answered; without a BHS the answer has one of our own. */
  readonly headers: readonly BatchHeader[];
  /** The acknowledgements, unframed, each ending with CR. */
  readonly acknowledgements: readonly Uint8Array[];
  readonly atMs: number;
  /** BHS-11 and FHS-11 of the answer. */
  readonly controlId: string;
  /** BTS-2: what is not as the batch said. */
  readonly comment?: string;
}

/**
 * A batch of acknowledgements: headers with sender and receiver swapped, the answered batch in field 12. One without messages says that nothing
 * in the batch was refused (HL7 v2.5.1 §2.10.3.3).
 */
export function printBatchAnswer(answer: BatchAnswer): Uint8Array {
  const { headers, acknowledgements } = answer;
  const file = headers.find(({ name }) => name === 'FHS');
  const batch = headers.find(({ name }) => name === 'BHS') ?? file;
  const separator = batch?.separator ?? standardDelimiters.field;
  const comment = escapeText(answer.comment ?? '', { ...standardDelimiters, field: separator });
  const before = `${file ? printHeader('FHS', file, answer) : ''}${printHeader('BHS', batch, answer)}`;
  const trailer = ['BTS', String(acknowledgements.length), ...(comment === '' ? [] : [comment])];
  const after = `${trailer.join(separator)}\r${file ? `FTS${separator}1\r` : ''}`;
  return Buffer.concat([Buffer.from(before, 'latin1'), ...acknowledgements, Buffer.from(after, 'latin1')]);
}

function printHeader(name: 'FHS' | 'BHS', asked: BatchHeader | undefined, answer: BatchAnswer): string {
  const fields = [
    name,
    asked?.encoding ?? '^~\\&',
    asked?.field(5) || 'BITHIVE',
    asked?.field(6) ?? '',
    asked?.field(3) ?? '',
    asked?.field(4) ?? '',
    formatTimestamp(answer.atMs),
    '',
    '',
    '',
    answer.controlId,
    asked?.controlId ?? '',
  ];
  return `${fields.join(asked?.separator ?? standardDelimiters.field)}\r`;
}

const printable = (text: string): string => text.replace(/[\0-\x1f\x7f]/g, '');
