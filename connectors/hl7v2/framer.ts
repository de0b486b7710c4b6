/** Start block, end block and carriage return of MLLP (HL7 v2.5.1 appendix C, "Transport Specification: MLLP, Release 1"). */
export const startBlock = 0x0b;
export const endBlock = 0x1c;
export const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/**
 * - `frame`: a whole frame, without VT, FS and CR.
 * - `cut`: a frame in which another one began; what was there of it.
 * - `broken`: FS without CR, then something else: everything up to the end block or the next VT.
 * - `too-large`: the limit is passed; the first bytes only. Nothing is read after it.
 */
export interface FrameEvent {
  readonly kind: 'frame' | 'cut' | 'broken' | 'too-large';
  readonly bytes: Uint8Array;
}

type State = 'outside' | 'inside' | 'inside-end' | 'broken' | 'broken-end' | 'stopped';

/** Bytes of a frame that is over the limit which are still given, so that its MSH can be read. */
const headBytesMax = 64 * 1024;
const pageBytesMin = 4 * 1024;
const pageBytesMax = 1024 * 1024;
const noBytes = Buffer.alloc(0);

/**
 * Takes bytes as they come and gives frames, one at a time, so that the caller decides how many it wants. Linear: each byte is looked
 * at once, whatever the chunks. Holds at most `bytesMax` and one page of an unfinished frame beside the chunks that were pushed.
 */
export class MllpFramer {
  /** Bytes between frames that were passed over; line ends do not count. */
  skippedBytes = 0;
  /** Changes with each frame that begins. */
  frameNumber = 0;
  readonly #bytesMax: number;
  readonly #waiting: Buffer[] = [];
  #chunk: Buffer = noBytes;
  #at = 0;
  /** Next VT and FS of the chunk, from `#at` on; -1 before they are looked for. */
  #nextStart = -1;
  #nextEnd = -1;
  /** Where the part of the frame that lies in the chunk begins. */
  #from = 0;
  /** The frame's bytes of earlier chunks: whole pages, then one that is filled up to `#pageBytes`. */
  #pages: Buffer[] = [];
  #pageBytes = 0;
  #heldBytes = 0;
  #memoryBytes = 0;
  #state: State = 'outside';

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** True while a frame has begun and not ended. */
  get isOpen(): boolean {
    return this.#state !== 'outside' && this.#state !== 'stopped';
  }

  /** True when an end block was seen and the frame waits for what follows: `settle` ends it. */
  get awaitsEnd(): boolean {
    return this.#state === 'inside-end' || this.#state === 'broken' || this.#state === 'broken-end';
  }

  /** Bytes of the unfinished frame. */
  get openBytes(): number {
    return this.isOpen ? this.#heldBytes + this.#at - this.#from : 0;
  }

  /** Memory that the unfinished frame takes. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  push(chunk: Buffer): void {
    if (chunk.length > 0) this.#waiting.push(chunk);
  }

  /** The next event, null when more bytes are needed. */
  next(): FrameEvent | null {
    while (this.#state !== 'stopped') {
      if (this.#at >= this.#chunk.length && !this.#nextChunk()) return null;
      const event = this.#step();
      if (event !== null) return event;
    }
    return null;
  }

  /** Ends what only waits for a CR: the peer has fallen silent after its end block, or closed. */
  settle(): FrameEvent | null {
    if (this.#state === 'inside-end') return this.#take('frame', this.#at);
    return this.awaitsEnd ? this.#take('broken', this.#at) : null;
  }

  /** Gives up the open frame and returns what is there of it. */
  abandon(): Uint8Array {
    return this.#take('cut', this.#at).bytes;
  }

  #step(): FrameEvent | null {
    switch (this.#state) {
      case 'outside':
        return this.#skipToStart();
      case 'inside':
        return this.#readFrame();
      case 'inside-end':
        return this.#afterEnd();
      case 'broken':
        return this.#readBroken();
      default:
        return this.#afterBrokenEnd();
    }
  }

  #skipToStart(): null {
    const start = this.#findStart();
    for (let at = this.#at; at < start; at++) {
      const byte = this.#chunk[at];
      if (byte !== carriageReturn && byte !== lineFeed) this.skippedBytes++;
    }
    this.#at = start;
    if (start < this.#chunk.length) this.#begin();
    return null;
  }

  #begin(): void {
    this.#at++;
    this.#from = this.#at;
    this.#heldBytes = 0;
    this.frameNumber++;
    this.#state = 'inside';
  }

  #readFrame(): FrameEvent | null {
    const start = this.#findStart();
    const end = this.#findEnd();
    const stop = Math.min(start, end);
    if (this.#isTooLarge(stop)) return this.#stop(stop);
    this.#at = stop;
    if (stop === this.#chunk.length) return null;
    if (stop === end) {
      this.#at++;
      this.#state = 'inside-end';
      return null;
    }
    const event = this.#take('cut', stop);
    this.#begin();
    // Two start blocks in a row lose nothing.
    return event.bytes.length === 0 ? null : event;
  }

  #afterEnd(): FrameEvent | null {
    const byte = this.#chunk[this.#at];
    if (byte === carriageReturn) {
      const event = this.#take('frame', this.#at);
      this.#at++;
      return event;
    }
    if (byte === startBlock) return this.#take('frame', this.#at);
    this.#state = 'broken';
    return null;
  }

  #readBroken(): FrameEvent | null {
    const stop = Math.min(this.#findStart(), this.#findEnd());
    if (this.#isTooLarge(stop)) return this.#stop(stop);
    this.#at = stop;
    if (stop === this.#chunk.length) return null;
    if (this.#chunk[stop] === startBlock) return this.#take('broken', stop);
    this.#at++;
    this.#state = 'broken-end';
    return null;
  }

  #afterBrokenEnd(): FrameEvent | null {
    const byte = this.#chunk[this.#at];
    if (byte !== carriageReturn && byte !== startBlock) {
      this.#state = 'broken';
      return null;
    }
    const event = this.#take('broken', this.#at);
    if (byte === carriageReturn) this.#at++;
    return event;
  }

  /** Ends the frame before `end`; the end block itself, the last byte of a whole frame, is left out. */
  #take(kind: FrameEvent['kind'], end: number): FrameEvent {
    const withEnd = this.#heldBytes === 0 ? this.#chunk.subarray(this.#from, end) : this.#joined(end);
    const bytes = kind === 'frame' ? withEnd.subarray(0, -1) : withEnd;
    this.#state = 'outside';
    if (this.#heldBytes > 0) {
      this.#heldBytes = 0;
      this.#memoryBytes = 0;
      this.#pageBytes = 0;
      this.#pages = [];
    }
    return { kind, bytes };
  }

  /** Most frames that come in two chunks fit the first page: only a larger one is copied once more. */
  #joined(end: number): Buffer {
    this.#hold(end);
    if (this.#pages.length === 1) return this.#pages[0]!.subarray(0, this.#pageBytes);
    return Buffer.concat(this.#pages, this.#heldBytes);
  }

  #isTooLarge(end: number): boolean {
    return this.#heldBytes + end - this.#from > this.#bytesMax;
  }

  #stop(end: number): FrameEvent {
    const event = this.#take('too-large', end);
    this.#state = 'stopped';
    this.#waiting.length = 0;
    this.#chunk = noBytes;
    return { kind: event.kind, bytes: event.bytes.subarray(0, headBytesMax) };
  }

  #nextChunk(): boolean {
    const chunk = this.#waiting.shift();
    if (chunk === undefined) return false;
    if (this.isOpen) this.#hold(this.#chunk.length);
    this.#chunk = chunk;
    this.#at = 0;
    this.#from = 0;
    this.#nextStart = -1;
    this.#nextEnd = -1;
    return true;
  }

  /**
   * Copies the frame's part of the chunk, so that a frame of many small pieces takes little more memory than it has bytes. Pages, not one
   * buffer that doubles: that one takes up to three times the frame while it grows.
   */
  #hold(end: number): void {
    while (this.#from < end) {
      const page = this.#openPage(end - this.#from);
      const copied = this.#chunk.copy(page, this.#pageBytes, this.#from, end);
      this.#pageBytes += copied;
      this.#heldBytes += copied;
      this.#from += copied;
    }
  }

  #openPage(wantedBytes: number): Buffer {
    const last = this.#pages.at(-1);
    if (last !== undefined && this.#pageBytes < last.length) return last;
    const bytesCount = Math.max(wantedBytes, pageBytesMin, Math.min(pageBytesMax, this.#heldBytes));
    const page = Buffer.allocUnsafeSlow(bytesCount);
    this.#pages.push(page);
    this.#memoryBytes += bytesCount;
    this.#pageBytes = 0;
    return page;
  }

  #findStart(): number {
    if (this.#nextStart < this.#at) this.#nextStart = this.#find(startBlock);
    return this.#nextStart;
  }

  #findEnd(): number {
    if (this.#nextEnd < this.#at) this.#nextEnd = this.#find(endBlock);
    return this.#nextEnd;
  }

  /** The chunk's length stands for "not in this chunk". */
  #find(byte: number): number {
    const at = this.#chunk.indexOf(byte, this.#at);
    return at < 0 ? this.#chunk.length : at;
  }
}

/** A message between VT and FS CR, ready for the wire. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(message.length + 3);
  framed[0] = startBlock;
  framed.set(message, 1);
  framed[message.length + 1] = endBlock;
  framed[message.length + 2] = carriageReturn;
  return framed;
}
