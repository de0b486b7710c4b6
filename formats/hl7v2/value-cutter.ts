import { positionsOf } from './byte-positions.ts';

/** A message in pieces, in its order. */
export type CutEvent =
  /** Bytes of the message as they came. */
  | { readonly kind: 'keep'; readonly bytes: Uint8Array }
  /** A large value begins, goes on (decoded), ends. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

export interface CutterOptions {
  /** Values up to this many bytes, as they stand in the message, are kept in it. */
  readonly valueBytesMin: number;
  /** Told what is in the values; false: they are only left out. */
  readonly decodes: boolean;
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** A byte order mark or the start of a block may stand before MSH and its marks. */
const headBytes = 12;
const observation = Buffer.from('OBX');
const typeField = 2;
const valueField = 5;
const encodingComponent = 4;
const dataComponent = 5;

/** 1 for the base64 alphabet, 2 for padding, 3 for white space. */
const classes = new Uint8Array(256);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
  classes[letter.charCodeAt(0)] = 1;
classes['='.charCodeAt(0)] = 2;
for (const space of [0x20, 0x09]) classes[space] = 3;

/**
 * Cuts large documents out of a message while it streams by: the data (component 5) of an OBX-5 whose type (OBX-2) is ED and whose encoding
 * (component 4) is Base64 (HL7 v2.5.1 §2.A.24). Holds `valueBytesMin` bytes and one chunk. Only for character sets in which ASCII
 * bytes stand for themselves.
 */
export class ValueCutter {
  readonly #options: CutterOptions;
  #events: CutEvent[] = [];
  /** Of MSH-1 and MSH-2. */
  #marks: { field: number; component: number; repetition: number } | null = null;
  #head: Buffer = Buffer.alloc(0);
  /** The first bytes of a line, until it is known whether it is an OBX; null in the rest of any other segment. */
  #name: number[] | null = [];
  #isObservation = false;
  #field = 0;
  #component = 1;
  #text = '';
  #isEncapsulated = false;
  #isBase64 = false;
  /** Bytes of a value that may still turn out small. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isCutting = false;
  #quartet = '';
  #hasPadding = false;
  /** A large value that is not what it says to be: the message is to be taken whole. */
  isFaulty = false;

  constructor(options: CutterOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): readonly CutEvent[] {
    let data = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#marks === null) {
      data = Buffer.concat([this.#head, data]);
      if (data.length < headBytes) {
        this.#head = data;
        return [];
      }
      this.#readMarks(data);
    }
    this.#read(data);
    return this.#given();
  }

  end(): readonly CutEvent[] {
    if (this.#marks === null) this.#keep(this.#head);
    this.#leaveValue();
    return this.#given();
  }

  #given(): readonly CutEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #readMarks(data: Buffer): void {
    const at = Math.max(0, data.subarray(0, headBytes).indexOf('MSH'));
    this.#marks = { field: data[at + 3] ?? 0, component: data[at + 4] ?? 0, repetition: data[at + 5] ?? 0 };
  }

  #read(data: Buffer): void {
    const nextEnd = lineEnds(data);
    let from = 0;
    let at = 0;
    while (at < data.length) {
      if (this.#name === null && !this.#isObservation) {
        at = nextEnd(at);
        if (at < data.length) this.#newLine();
        at++;
        continue;
      }
      if (this.#isInValue) {
        this.#keep(data.subarray(from, at));
        from = this.#value(data, at);
        at = from;
        continue;
      }
      this.#step(data[at]!);
      at++;
    }
    this.#keep(data.subarray(from, Math.max(from, at)));
  }

  get #isInValue(): boolean {
    return (
      this.#isObservation &&
      this.#field === valueField &&
      this.#component === dataComponent &&
      this.#isEncapsulated &&
      this.#isBase64
    );
  }

  /** One byte of the head of a line, or of an OBX outside of its data. */
  #step(byte: number): void {
    if (byte === carriageReturn || byte === lineFeed) {
      this.#newLine();
      return;
    }
    if (this.#name !== null) {
      this.#name.push(byte);
      if (this.#name.length < 4) return;
      const isNamed = observation.equals(Buffer.from(this.#name.slice(0, 3)));
      this.#isObservation = isNamed && byte === this.#marks?.field;
      this.#name = null;
      this.#enterField(1);
      return;
    }
    const { field, component, repetition } = this.#marks!;
    if (byte === field) this.#enterField(this.#field + 1);
    else if (this.#field === valueField && (byte === component || byte === repetition)) {
      if (this.#component === encodingComponent)
        this.#isBase64 = this.#text.trim().toUpperCase() === 'BASE64';
      this.#component = byte === component ? this.#component + 1 : 1;
      this.#text = '';
    } else if (this.#text.length < 16) this.#text += String.fromCharCode(byte);
  }

  #enterField(field: number): void {
    if (this.#field === typeField) this.#isEncapsulated = this.#text.trim() === 'ED';
    this.#field = field;
    this.#component = 1;
    this.#text = '';
    this.#isBase64 = false;
    // Nothing after the value is of interest.
    if (field > valueField) this.#isObservation = false;
  }

  #newLine(): void {
    this.#name = [];
    this.#isObservation = false;
    this.#isEncapsulated = false;
    this.#isBase64 = false;
    this.#field = 0;
    this.#text = '';
  }

  /** Takes the data up to the byte that ends it, and gives the index of that byte. */
  #value(data: Buffer, from: number): number {
    const { field, component, repetition } = this.#marks!;
    let end = from;
    for (; end < data.length; end++) {
      const byte = data[end]!;
      if (byte === field || byte === component || byte === repetition) break;
      if (byte === carriageReturn || byte === lineFeed) break;
    }
    const bytes = data.subarray(from, end);
    if (this.#isCutting) this.#decode(bytes);
    else this.#hold(bytes);
    if (end < data.length) {
      this.#leaveValue();
      this.#step(data[end]!);
      // The byte itself stays in the message.
      this.#keep(data.subarray(end, end + 1));
      return end + 1;
    }
    return end;
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= this.#options.valueBytesMin) return;
    this.#isCutting = true;
    this.#events.push({ kind: 'begin' });
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const part of held) this.#decode(part);
  }

  #leaveValue(): void {
    for (const part of this.#held) this.#keep(part);
    this.#held = [];
    this.#heldBytes = 0;
    if (!this.#isCutting) return;
    if (this.#quartet.length === 1) this.isFaulty = true;
    this.#give(this.#quartet);
    this.#quartet = '';
    this.#hasPadding = false;
    this.#isCutting = false;
    // A faulty one never ends: nobody shall keep it.
    if (!this.isFaulty) this.#events.push({ kind: 'end' });
  }

  #decode(bytes: Buffer): void {
    let hasSpace = false;
    for (const byte of bytes) {
      const kind = classes[byte];
      if (kind === 0 || (kind === 1 && this.#hasPadding)) this.isFaulty = true;
      if (kind === 2) this.#hasPadding = true;
      if (kind === 3) hasSpace = true;
    }
    if (!this.#options.decodes || this.isFaulty) return;
    const text = this.#quartet + bytes.toString('latin1');
    const compact = hasSpace ? text.replace(/[ \t]+/g, '') : text;
    const whole = compact.length - (compact.length % 4);
    this.#quartet = compact.slice(whole);
    this.#give(compact.slice(0, whole));
  }

  #give(text: string): void {
    if (text !== '' && this.#options.decodes && !this.isFaulty) {
      this.#events.push({ kind: 'data', bytes: Buffer.from(text, 'base64') });
    }
  }

  #keep(bytes: Buffer): void {
    if (bytes.length > 0) this.#events.push({ kind: 'keep', bytes });
  }
}

/** The message without its large values, for who needs its header and keys only; the bytes themselves where there is none. */
export function withoutLargeValues(bytes: Uint8Array, valueBytesMin: number): Uint8Array {
  const cutter = new ValueCutter({ valueBytesMin, decodes: false });
  const events = [...cutter.push(bytes), ...cutter.end()];
  if (events.length === 1) return bytes;
  return Buffer.concat(events.flatMap((event) => (event.kind === 'keep' ? [event.bytes] : [])));
}

/** The next CR or LF at or after a rising index; the length of the data where there is none. */
function lineEnds(data: Buffer): (at: number) => number {
  const nextReturn = positionsOf(data, carriageReturn);
  const nextFeed = positionsOf(data, lineFeed);
  return (at) => {
    const [a, b] = [nextReturn(at), nextFeed(at)];
    if (a < 0 || b < 0) return Math.max(a, b) < 0 ? data.length : Math.max(a, b);
    return Math.min(a, b);
  };
}
