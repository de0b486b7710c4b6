import { limits } from '../../core/limits.ts';
import type { Clock } from '../../core/ports/index.ts';

export interface DoorMemoryOptions {
  readonly clock: Clock;
  /** What all connections may hold beyond the bytes that are free for each. */
  readonly bytesMax: number;
  readonly messageBytesMax: number;
  readonly connectionBytesFree?: number;
  /** See `limits.hl7BufferTurnMs`. */
  readonly turnMs?: number;
  /** Told what is held beyond the free bytes, whenever that changes. */
  readonly report?: (usedBytes: number) => void;
}

/** A sender that was held up has its bytes ready when it is its turn; one that brings less at each look would hold up all others. */
const progressBytesMin = 64 * 1024;
const lookMs = 1_000;

/** What the door asks of a connection. */
export interface MemoryHolder {
  /** It may read again. Called from the event loop, never from within a call of the share. */
  wake(): void;
  /** It was its turn, and it was too slow: gives up the frame and closes. */
  giveWay(): void;
}

/**
 * The memory of one door, shared by its connections. Each may hold a little whatever the others do. While half of the memory is
 * free, all read; past that, one at a time has its turn, in the order in which they ran short, and finishes one frame out of a reserve
 * that is large enough for any frame. So there is always one that can go on, and nobody is turned away for lack of memory but who
 * wastes its turn. Refusing the largest frame instead was rejected: whoever sends slowest holds memory longest, not whoever sends most.
 *
 * What is held at most: `bytesMax`, the free bytes of every connection, and one read (64 KiB) of each.
 */
export class DoorMemory {
  readonly #options: DoorMemoryOptions;
  readonly #freeBytes: number;
  readonly #turnMs: number;
  /** All read below this. */
  readonly #sharedBytes: number;
  /** A turn begins at or below this: what is left is room for one frame. */
  readonly #turnBytes: number;
  /** In the order in which they ran short. */
  readonly #waiting = new Set<MemoryShare>();
  #usedBytes = 0;
  /** Bytes of messages that wait for their answers, which sets them free. */
  #answeringBytes = 0;
  #turn: MemoryShare | undefined;
  #stopTurn: () => void = () => {};

  constructor(options: DoorMemoryOptions) {
    const { messageBytesMax } = options;
    const bytesMax = Math.max(options.bytesMax, 3 * messageBytesMax);
    this.#options = options;
    this.#freeBytes = options.connectionBytesFree ?? limits.hl7ConnectionBytesFree;
    this.#turnMs = options.turnMs ?? limits.hl7BufferTurnMs;
    this.#turnBytes = bytesMax - messageBytesMax;
    this.#sharedBytes = this.#turnBytes - messageBytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  join(holder: MemoryHolder): MemoryShare {
    return new MemoryShare(this, holder, this.#freeBytes);
  }

  /** For shares. */
  changed(share: MemoryShare, usedBytes: number, answeringBytes: number): void {
    this.#usedBytes += usedBytes;
    this.#answeringBytes += answeringBytes;
    this.#options.report?.(this.#usedBytes);
    if (share === this.#turn && !share.isInTurn) this.#endTurn();
    this.#goOn();
  }

  /** For shares. */
  mayRead(share: MemoryShare): boolean {
    if (this.#usedBytes < this.#sharedBytes || share === this.#turn) return true;
    if (share.openBytes === 0) return false;
    this.#waiting.add(share);
    this.#goOn();
    return share === this.#turn;
  }

  /** For shares. */
  forget(share: MemoryShare): void {
    this.#waiting.delete(share);
    if (share === this.#turn) this.#endTurn();
    this.#goOn();
  }

  #goOn(): void {
    if (this.#waiting.size === 0) return;
    if (this.#usedBytes < this.#sharedBytes) {
      for (const share of this.#waiting) process.nextTick(() => share.holder.wake());
      this.#waiting.clear();
      return;
    }
    // Where nobody waits for an answer, nothing but a turn can set memory free.
    const hasRoom = this.#usedBytes <= this.#turnBytes || this.#answeringBytes === 0;
    if (this.#turn !== undefined || !hasRoom) return;
    const [next] = this.#waiting;
    if (next !== undefined) this.#beginTurn(next);
  }

  #beginTurn(share: MemoryShare): void {
    this.#waiting.delete(share);
    this.#turn = share;
    share.beginTurn();
    const endMs = this.#options.clock.monotonicMs() + this.#turnMs;
    this.#watch(share, share.openBytes, endMs);
    process.nextTick(() => share.holder.wake());
  }

  #watch(share: MemoryShare, openBytes: number, endMs: number): void {
    this.#stopTurn = this.#options.clock.after(Math.min(lookMs, this.#turnMs), () => {
      const isFast = share.openBytes - openBytes >= progressBytesMin;
      if (isFast && this.#options.clock.monotonicMs() < endMs) {
        this.#watch(share, share.openBytes, endMs);
        return;
      }
      this.#endTurn();
      share.holder.giveWay();
      this.#goOn();
    });
  }

  #endTurn(): void {
    this.#stopTurn();
    this.#turn = undefined;
  }
}

/** What one connection holds of its door's memory. */
export class MemoryShare {
  readonly holder: MemoryHolder;
  readonly #memory: DoorMemory;
  readonly #freeBytes: number;
  #openBytes = 0;
  #answeringBytes = 0;
  #frameNumber = 0;
  #turnFrame = -1;

  constructor(memory: DoorMemory, holder: MemoryHolder, freeBytes: number) {
    this.#memory = memory;
    this.holder = holder;
    this.#freeBytes = freeBytes;
  }

  /** Tells what is held now: by the unfinished frame with this number, and by what waits for answers or to be read by the sender. */
  hold(openBytes: number, frameNumber: number, answeringBytes: number): void {
    const before = this.#usedBytes;
    const answeringBefore = before === 0 ? 0 : this.#answeringBytes;
    this.#openBytes = openBytes;
    this.#answeringBytes = answeringBytes;
    this.#frameNumber = frameNumber;
    const now = this.#usedBytes;
    if (before === 0 && now === 0) return;
    this.#memory.changed(this, now - before, (now === 0 ? 0 : answeringBytes) - answeringBefore);
  }

  get openBytes(): number {
    return this.#openBytes;
  }

  /** False: it is woken when it may read. One without an unfinished frame is so by its own answers, as they leave. */
  get mayRead(): boolean {
    return this.#usedBytes === 0 || this.#memory.mayRead(this);
  }

  /** Its turn lasts to the end of the frame that was open when it began. */
  get isInTurn(): boolean {
    return this.#usedBytes > 0 && this.#openBytes > 0 && this.#frameNumber === this.#turnFrame;
  }

  beginTurn(): void {
    this.#turnFrame = this.#frameNumber;
  }

  /** It reads no more; what it holds still counts until `hold` says otherwise. */
  leave(): void {
    this.#memory.forget(this);
  }

  get #usedBytes(): number {
    return Math.max(0, this.#openBytes + this.#answeringBytes - this.#freeBytes);
  }
}
