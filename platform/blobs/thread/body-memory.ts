import { constants } from 'node:fs';

/** A body that is no larger lies in memory as a whole until it is committed. */
export const slabBytes = 1024 * 1024;
/** Bodies that may lie there at once, for each thread; the next one goes straight to a file. */
const slabCount = 8;

/** Words of the control block: one for all, then some for each slab. */
const bellWord = 0;
const firstWord = 8;
const wordsPerSlab = 4;
const controlBytes = 64 * 1024;
const pageBytes = 64 * 1024;

/** Whose turn a slab is. */
export const slabStates = { free: 0, filling: 1, committed: 2 } as const;
export type SlabState = (typeof slabStates)[keyof typeof slabStates];

/** No hash of a tail is asked for. */
export const noTail = -1;

/**
 * What the main thread and a thread of bodies share: slabs that bodies are filled into while they come, and a bell. Slabs are used again and
 * again, so a body costs no memory that the system has to find first; their addresses are multiples of a page, as O_DIRECT wants it (open(2)).
 */
export class BodyMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, firstWord + slabCount * wordsPerSlab);
  }

  static make(): BodyMemory {
    return new BodyMemory(pageAligned(controlBytes + slabCount * slabBytes));
  }

  get slabs(): readonly SharedSlab[] {
    return Array.from({ length: slabCount }, (_, index) => {
      const bytes = Buffer.from(this.buffer, controlBytes + index * slabBytes, slabBytes);
      return new SharedSlab(index, bytes, this.#words, firstWord + index * wordsPerSlab);
    });
  }

  /** How often the bell has rung. */
  rung(): number {
    return Atomics.load(this.#words, bellWord);
  }

  ring(): void {
    Atomics.add(this.#words, bellWord, 1);
    Atomics.notify(this.#words, bellWord);
  }

  /** Holds the thread until the bell has rung once more than `rung` times. */
  waitForBell(rung: number): void {
    Atomics.wait(this.#words, bellWord, rung);
  }
}

/** One body, as both threads see it. The main thread fills it and commits; from then on it is the other one's until its reply. */
export class SharedSlab {
  readonly index: number;
  readonly bytes: Buffer;
  readonly #words: Int32Array;
  readonly #at: number;

  constructor(index: number, bytes: Buffer, words: Int32Array, at: number) {
    this.index = index;
    this.bytes = bytes;
    this.#words = words;
    this.#at = at;
  }

  /** Begins a body. Its number changes last: who reads it finds none of the bytes of the body before. */
  begin(): void {
    this.tailFrom = noTail;
    this.bytesCount = 0;
    Atomics.add(this.#words, this.#at + 3, 1);
    this.state = slabStates.filling;
  }

  /** `set` of a typed array moves single bytes into shared memory, ten times as slow; filling a range with as many bytes is one copy. */
  put(bytes: Uint8Array, at: number): void {
    if (bytes.length > 0) this.bytes.fill(bytes, at, at + bytes.length);
  }

  get state(): SlabState {
    return Atomics.load(this.#words, this.#at) as SlabState;
  }
  set state(state: SlabState) {
    Atomics.store(this.#words, this.#at, state);
  }

  /** Bytes that are in the slab. */
  get bytesCount(): number {
    return Atomics.load(this.#words, this.#at + 1);
  }
  set bytesCount(count: number) {
    Atomics.store(this.#words, this.#at + 1, count);
  }

  /** Where the part begins that is to be hashed by itself; `noTail`: nowhere. */
  get tailFrom(): number {
    return Atomics.load(this.#words, this.#at + 2);
  }
  set tailFrom(offset: number) {
    Atomics.store(this.#words, this.#at + 2, offset);
  }

  /** Another number for every body that the slab held. */
  get bodyNumber(): number {
    return Atomics.load(this.#words, this.#at + 3);
  }
}

/** The rules of languages do not say where a SharedArrayBuffer begins; the memory of WebAssembly begins at a page of 64 KiB in practice. */
interface WebAssemblyMemory {
  readonly Memory: new (size: {
    initial: number;
    maximum: number;
    shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
}

function pageAligned(bytesCount: number): SharedArrayBuffer {
  const pages = bytesCount / pageBytes;
  try {
    const { Memory } = (globalThis as unknown as { WebAssembly: WebAssemblyMemory }).WebAssembly;
    return new Memory({ initial: pages, maximum: pages, shared: true }).buffer;
  } catch {
    // Where address space is limited. The probe of O_DIRECT then finds that it can't be had, and nothing else changes.
    return new SharedArrayBuffer(bytesCount);
  }
}

/** 0 where the system has no such flag. */
export const directFlag: number = (constants as { readonly O_DIRECT?: number }).O_DIRECT ?? 0;
