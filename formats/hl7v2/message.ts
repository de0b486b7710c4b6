import type { Refusal } from '../../core/message.ts';
import type { Charset, DecodedText } from './charset.ts';
import type { Delimiters } from './delimiters.ts';
import { compilePath } from './path.ts';
import { Hl7Segment, type SegmentContext, segmentContext } from './segment.ts';

/** Messages with more segments get a directory by name on the first look-up; shorter ones are scanned. */
const scanSegmentsMax = 48;
const noSegments: readonly Hl7Segment[] = [];

/** A message as it arrived: its bytes, its text, and an index of its segments. Immutable. */
export class Hl7Message {
  readonly delimiters: Delimiters;
  /** Faults that did not stop the reading, for the answer to the sender. */
  readonly warnings: readonly Refusal[];
  readonly #bytes: Uint8Array;
  readonly #context: SegmentContext;
  readonly #bounds: readonly number[];
  readonly #made: (Hl7Segment | undefined)[];
  readonly #charset: () => Charset;
  #segments: readonly Hl7Segment[] | undefined;
  #byName: Map<string, Hl7Segment[]> | undefined;

  constructor(bytes: Uint8Array, decoded: DecodedText, delimiters: Delimiters, bounds: readonly number[]) {
    this.delimiters = delimiters;
    this.warnings = decoded.warnings;
    this.#bytes = bytes;
    this.#charset = decoded.charset;
    this.#context = segmentContext(decoded.text, delimiters, () => decoded.charset().encoding);
    this.#bounds = bounds;
    this.#made = [];
  }

  get charset(): Charset {
    return this.#charset();
  }

  get segmentCount(): number {
    return this.#bounds.length / 2;
  }

  get segments(): readonly Hl7Segment[] {
    if (this.#segments !== undefined) return this.#segments;
    const segments: Hl7Segment[] = [];
    for (let index = 0; index < this.segmentCount; index++) segments.push(this.#segment(index));
    this.#segments = segments;
    return segments;
  }

  /** Segments of that name, in their order. */
  all(name: string): readonly Hl7Segment[] {
    return this.#directory().get(name) ?? noSegments;
  }

  first(name: string): Hl7Segment | undefined {
    if (this.segmentCount > scanSegmentsMax) return this.#directory().get(name)?.[0];
    for (let index = 0; index < this.segmentCount; index++) {
      if (this.#isNamed(index, name)) return this.#segment(index);
    }
    return undefined;
  }

  /** Segment `n` (from 1) of that name. */
  nth(name: string, n: number): Hl7Segment | undefined {
    return n === 1 ? this.first(name) : this.all(name)[n - 1];
  }

  /**
   * Value at a path such as `PID-3[2].4.1`: decoded, unescaped, '' when absent. A path that stops at a field or component gives its
   * whole text with the inner separators. Throws BH_HL7_PATH.
   */
  get(path: string): string {
    return compilePath(path)(this);
  }

  /** The bytes as they arrived, without a frame or byte order mark. */
  print(): Uint8Array {
    return this.#bytes;
  }

  #isNamed(index: number, name: string): boolean {
    const { text } = this.#context;
    const start = this.#bounds[2 * index]!;
    if (!text.startsWith(name, start)) return false;
    const after = start + name.length;
    return after === this.#bounds[2 * index + 1] || text.charAt(after) === this.delimiters.field;
  }

  #segment(index: number): Hl7Segment {
    const made = this.#made[index];
    if (made !== undefined) return made;
    const start = this.#bounds[2 * index]!;
    const end = this.#bounds[2 * index + 1]!;
    const segment = new Hl7Segment(this.#context, this.#nameAt(start, end), index, start, end);
    this.#made[index] = segment;
    return segment;
  }

  #nameAt(start: number, end: number): string {
    const { text } = this.#context;
    if (start + 3 === end || text.charAt(start + 3) === this.delimiters.field) {
      const name = text.slice(start, start + 3);
      if (!name.includes(this.delimiters.field)) return name;
    }
    const line = text.slice(start, end);
    const at = line.indexOf(this.delimiters.field);
    return at < 0 ? line : line.slice(0, at);
  }

  #directory(): Map<string, Hl7Segment[]> {
    if (this.#byName !== undefined) return this.#byName;
    const byName = new Map<string, Hl7Segment[]>();
    for (const segment of this.segments) {
      const named = byName.get(segment.name);
      if (named === undefined) byName.set(segment.name, [segment]);
      else named.push(segment);
    }
    this.#byName = byName;
    return byName;
  }
}
