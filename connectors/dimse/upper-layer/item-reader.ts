import { invalid } from './protocol-error.ts';

export interface Item {
  readonly type: number;
  readonly value: Buffer;
}

/** The items of a PDU or of another item (PS3.8 9.3.2). Throws ProtocolError for one that is longer than what holds it. */
export function* readItems(bytes: Buffer): Generator<Item> {
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw invalid('an item without its head');
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) throw invalid('an item longer than what holds it');
    yield { type: bytes.readUInt8(at), value: bytes.subarray(at + 4, end) };
    at = end;
  }
}

/** A UID or name as it is written in items: trailing NUL and blanks are padding. */
export const textOf = (value: Buffer): string => value.toString('latin1').replace(/[\0 ]+$/, '');

/** An AE title: blanks at both ends mean nothing (PS3.5 6.2). */
export const aeTitleOf = (value: Buffer): string => textOf(value).trim();
