import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Delimiters, Hl7Message } from '../../formats/hl7v2/index.ts';
import { bytesOf, byteText, rawOf, textOf } from './byte-text.ts';
import { EditableSegment } from './editable-segment.ts';

/** A message that rows change. Printed without a change it is the bytes that came. */
export class EditableMessage {
  readonly delimiters: Delimiters;
  readonly #encoding: string;
  readonly #lines: EditableSegment[] = [];

  constructor(message: Hl7Message) {
    this.delimiters = message.delimiters;
    this.#encoding = message.charset.encoding;
    const text = byteText(message.print(), this.#encoding);
    // An empty line is no segment, but it stays where it is.
    for (const [, line = '', end = ''] of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
      if (line !== '' || end !== '') this.#lines.push(new EditableSegment(line, end, this.delimiters));
    }
  }

  get segments(): readonly EditableSegment[] {
    return this.#lines;
  }

  /** What an element says, decoded and unescaped. */
  value(raw: string): string {
    return textOf(raw, this.delimiters, this.#encoding);
  }

  /** A value as it may stand in this message. */
  raw(value: string): string {
    return rawOf(value, this.delimiters, this.#encoding);
  }

  /** Adds a segment beside another. Throws BH_MAP_FAILED past `limits.hl7SegmentsMax`. */
  add(name: string, where: 'before' | 'after', anchor: EditableSegment): EditableSegment {
    if (this.#lines.length >= limits.hl7SegmentsMax)
      throw new BitHiveError('BH_MAP_FAILED', `more than ${limits.hl7SegmentsMax} segments`);
    const at = this.#lines.indexOf(anchor);
    const isLast = where === 'after' && anchor.end === '';
    const added = new EditableSegment(name, isLast ? '' : anchor.end || '\r', this.delimiters);
    if (isLast) anchor.end = this.#lines[0]?.end || '\r';
    this.#lines.splice(where === 'before' ? at : at + 1, 0, added);
    return added;
  }

  remove(segment: EditableSegment): void {
    this.#lines.splice(this.#lines.indexOf(segment), 1);
  }

  print(): Uint8Array {
    return bytesOf(this.#lines.map((line) => line.text + line.end).join(''));
  }
}
