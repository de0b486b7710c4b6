import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Delimiters, Hl7Message } from '../../formats/hl7v2/index.ts';
import { bytesOf, byteText, rawOf, textOf } from './byte-text.ts';
import { EditableSegment } from './editable-segment.ts';

interface Places {
  readonly byName: ReadonlyMap<string, readonly EditableSegment[]>;
  readonly positions: ReadonlyMap<EditableSegment, number>;
}

/** A message that rows change. Printed without a change it is the bytes that came. */
export class EditableMessage {
  readonly delimiters: Delimiters;
  readonly #encoding: string;
  #lines: EditableSegment[] = [];
  #known: Places | undefined;

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

  /** Segments of a name, in their order. */
  named(name: string): readonly EditableSegment[] {
    return this.#places().byName.get(name) ?? [];
  }

  /** Where a segment stands, from 0. */
  positionOf(segment: EditableSegment): number {
    return this.#places().positions.get(segment) ?? -1;
  }

  /** Adds a segment beside each of the others. Throws BH_MAP_FAILED past `limits.hl7SegmentsMax`. */
  add(
    name: string,
    where: 'before' | 'after',
    anchors: readonly EditableSegment[],
  ): readonly EditableSegment[] {
    const { hl7SegmentsMax } = limits;
    if (this.#lines.length + anchors.length > hl7SegmentsMax)
      throw new BitHiveError('BH_MAP_FAILED', `more than ${hl7SegmentsMax} segments`);
    const added = new Map(anchors.map((anchor) => [anchor, this.#beside(name, where, anchor)]));
    this.#change((line) => {
      const one = added.get(line);
      if (one === undefined) return [line];
      return where === 'before' ? [one, line] : [line, one];
    });
    return [...added.values()];
  }

  remove(segments: readonly EditableSegment[]): void {
    const gone = new Set(segments);
    this.#change((line) => (gone.has(line) ? [] : [line]));
  }

  print(): Uint8Array {
    return bytesOf(this.#lines.map((line) => line.text + line.end).join(''));
  }

  /** With the line end of its neighbour; the last line of a message may have none. */
  #beside(name: string, where: 'before' | 'after', anchor: EditableSegment): EditableSegment {
    const isLast = where === 'after' && anchor.end === '';
    const added = new EditableSegment(name, isLast ? '' : anchor.end || '\r', this.delimiters);
    if (isLast) anchor.end = this.#lines[0]?.end || '\r';
    return added;
  }

  #change(linesFor: (line: EditableSegment) => readonly EditableSegment[]): void {
    this.#lines = this.#lines.flatMap(linesFor);
    this.#known = undefined;
  }

  /** Made once and kept until a segment comes or goes: a look-up per segment stays linear in their number. */
  #places(): Places {
    if (this.#known !== undefined) return this.#known;
    const byName = new Map<string, EditableSegment[]>();
    for (const line of this.#lines) {
      const named = byName.get(line.name);
      if (named === undefined) byName.set(line.name, [line]);
      else named.push(line);
    }
    const positions = new Map(this.#lines.map((line, at) => [line, at]));
    this.#known = { byName, positions };
    return this.#known;
  }
}
