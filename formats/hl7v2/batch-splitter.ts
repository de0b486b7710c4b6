import type { Refusal } from '../../core/message.ts';
import { BatchCounts } from './batch-counts.ts';
import { positionsOf } from './byte-positions.ts';

/** What stands in a batch file, in its order. Bytes are as they came; a message keeps its line ends. */
export type BatchEvent =
  | { readonly kind: 'header'; readonly name: 'FHS' | 'BHS'; readonly segment: Uint8Array }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** A message over the limit: its first bytes. */
  | { readonly kind: 'too-large'; readonly head: Uint8Array; readonly bytesCount: number }
  /** The file is not as its headers and trailers say; what is in it is given all the same. */
  | { readonly kind: 'issue'; readonly issue: Refusal };

export interface BatchSplitterOptions {
  /** Bytes of one message; what is longer is passed over. */
  readonly messageBytesMax: number;
}

type UnitName = 'FHS' | 'BHS' | 'MSH' | 'BTS' | 'FTS';

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const startBlock = 0x0b;
const endBlock = 0x1c;
const headBytesMax = 64 * 1024;
const segmentBytesMax = 64 * 1024;
/** A name of a segment and the separator after it. */
const nameBytes = 4;
const unitNames: ReadonlySet<string> = new Set<UnitName>(['FHS', 'BHS', 'MSH', 'BTS', 'FTS']);

/**
 * Cuts a file or frame of HL7 v2 messages into the messages, as it comes in (HL7 v2.5.1 §2.10.3: `[FHS] { [BHS] { MSH ... } [BTS] } [FTS]`).
 * Headers and trailers may be missing, messages may also stand one after another without any; each of CR, LF and CR LF ends a line, MLLP blocks
 * around the messages are taken off. Holds one message at most.
 */
export class BatchSplitter {
  readonly #messageBytesMax: number;
  readonly #counts = new BatchCounts();
  /** What is open: a unit with its bytes so far. */
  #unit: UnitName | null = null;
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #isOverLimit = false;
  /** The beginning of a line that is too short to be known. */
  #pending: Buffer = Buffer.alloc(0);
  #isMidLine = false;
  #isFirst = true;

  constructor(options: BatchSplitterOptions) {
    this.#messageBytesMax = options.messageBytesMax;
  }

  push(chunk: Uint8Array): BatchEvent[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const events: BatchEvent[] = [];
    this.#read(this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]), events, false);
    return events;
  }

  /** The last message, and what is missing. */
  end(): BatchEvent[] {
    const events: BatchEvent[] = [];
    this.#read(this.#pending, events, true);
    this.#close(events);
    for (const issue of this.#counts.end()) events.push({ kind: 'issue', issue });
    return events;
  }

  #read(data: Buffer, events: BatchEvent[], isEnd: boolean): void {
    this.#pending = Buffer.alloc(0);
    const nextReturn = positionsOf(data, carriageReturn);
    const nextFeed = positionsOf(data, lineFeed);
    let from = 0;
    let at = 0;
    while (at < data.length) {
      if (!this.#isMidLine) {
        const text = this.#lineText(data, at);
        if (!isEnd && data.length - text < nameBytes && nextReturn(at) < 0 && nextFeed(at) < 0) {
          this.#add(data.subarray(from, at));
          this.#pending = data.subarray(at);
          return;
        }
        this.#isFirst = false;
        const name = unitAt(data, text);
        if (name !== null) {
          this.#add(data.subarray(from, at));
          this.#close(events);
          this.#open(name, events);
          from = text;
        } else if (this.#unit !== 'MSH') {
          this.#counts.stray(data.subarray(text, text + 3));
        }
      }
      const end = first(nextReturn(at), nextFeed(at));
      this.#isMidLine = end < 0;
      at = end < 0 ? data.length : end + 1;
      // Headers and trailers are one line; what follows belongs to none.
      if (end >= 0 && this.#unit !== null && this.#unit !== 'MSH') {
        this.#add(data.subarray(from, at));
        this.#close(events);
        from = at;
      }
    }
    this.#add(data.subarray(from));
  }

  /** Where the text of a line begins: after the start of an MLLP block, or the byte order mark of the file. */
  #lineText(data: Buffer, at: number): number {
    let text = at;
    while (data[text] === startBlock || data[text] === endBlock) text++;
    if (this.#isFirst && data[text] === 0xef && data[text + 1] === 0xbb && data[text + 2] === 0xbf) text += 3;
    return text;
  }

  #open(name: UnitName, events: BatchEvent[]): void {
    this.#unit = name;
    for (const issue of this.#counts.begin(name)) events.push({ kind: 'issue', issue });
  }

  #add(bytes: Buffer): void {
    if (this.#unit === null || bytes.length === 0) return;
    this.#partsBytes += bytes.length;
    const bytesMax = this.#unit === 'MSH' ? this.#messageBytesMax : segmentBytesMax;
    if (this.#partsBytes <= bytesMax && !this.#isOverLimit) {
      this.#parts.push(bytes);
      return;
    }
    if (!this.#isOverLimit) {
      this.#parts = [Buffer.concat([...this.#parts, bytes], Math.min(headBytesMax, this.#partsBytes))];
    }
    this.#isOverLimit = true;
  }

  #close(events: BatchEvent[]): void {
    const name = this.#unit;
    if (name === null) return;
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    if (name === 'MSH') {
      if (this.#isOverLimit) events.push({ kind: 'too-large', head: bytes, bytesCount: this.#partsBytes });
      else events.push({ kind: 'message', bytes: withoutEndBlock(bytes) });
    } else if (name === 'FHS' || name === 'BHS') {
      events.push({ kind: 'header', name, segment: trimmed(bytes) });
    } else {
      for (const issue of this.#counts.trailer(name, trimmed(bytes))) events.push({ kind: 'issue', issue });
    }
    this.#unit = null;
    this.#parts = [];
    this.#partsBytes = 0;
    this.#isOverLimit = false;
  }
}

/** Whether bytes that should be one message are a batch instead: they begin with FHS or BHS. */
export function isBatch(bytes: Uint8Array): boolean {
  let at = 0;
  while (bytes[at] === startBlock || bytes[at] === carriageReturn || bytes[at] === lineFeed) at++;
  if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
  const name = unitAt(
    Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(nameBytes, bytes.length - at)),
    0,
  );
  return name === 'FHS' || name === 'BHS';
}

/** The events of bytes that are in memory. */
export function splitBatch(bytes: Uint8Array, options: BatchSplitterOptions): readonly BatchEvent[] {
  const splitter = new BatchSplitter(options);
  return [...splitter.push(bytes), ...splitter.end()];
}

/** A header needs its separator; a trailer may be its name alone. */
function unitAt(data: Buffer, at: number): UnitName | null {
  const name = data.toString('latin1', at, at + 3);
  if (!unitNames.has(name)) return null;
  const after = data[at + 3];
  const isTrailer = name === 'BTS' || name === 'FTS';
  if (after === undefined || after === carriageReturn || after === lineFeed)
    return isTrailer ? (name as UnitName) : null;
  return isSeparator(after) ? (name as UnitName) : null;
}

/** Printable ASCII that is no letter and no digit (HL7 v2.5.1 §2.5.4). */
const isSeparator = (byte: number): boolean =>
  byte > 0x20 && byte < 0x7f && !/[A-Za-z0-9]/.test(String.fromCharCode(byte));

const first = (a: number, b: number): number => (a < 0 ? b : b < 0 ? a : Math.min(a, b));

function withoutEndBlock(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === carriageReturn || bytes[end - 1] === lineFeed)) end--;
  if (bytes[end - 1] !== endBlock) return bytes;
  while (end > 0 && bytes[end - 1] === endBlock) end--;
  return bytes.subarray(0, end);
}

function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1]! < 0x20) end--;
  return bytes.subarray(0, end);
}
