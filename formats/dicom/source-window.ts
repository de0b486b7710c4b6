import { setImmediate as nextTurn } from 'node:timers/promises';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ByteSource } from './byte-source.ts';
import { NeedBytes } from './element-cursor.ts';
import type { ElementReader } from './element-reader.ts';

const chunkBytes = 64 * 1024;
/** Of what is read on and on. Sources that stream up to where they are read gain by fewer questions, and 8 MiB are read in no time. */
const steadyBytesMax = 8 * 1024 * 1024;
/** Elements that are read before the event loop runs again: some milliseconds of work. */
export const elementsPerTurn = 4_000;

/** Feeds an element reader from a source, in chunks that grow while the reader goes on from where they end. */
export class SourceWindow {
  readonly #source: ByteSource;
  #bytes: Uint8Array = new Uint8Array(0);
  #base = 0;
  #fetchedBytes = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /**
   * Runs a step of the reader until it says that it is done, each time with the elements it may read. A step that lacks bytes begins
   * again where it asked for them.
   */
  async run(reader: ElementReader, step: (elementsMax: number) => boolean): Promise<void> {
    for (;;) {
      reader.setWindow(this.#bytes, this.#base);
      try {
        if (step(elementsPerTurn)) return;
        await nextTurn();
      } catch (signal) {
        if (!(signal instanceof NeedBytes)) throw signal;
        await this.#widen(reader.at, signal.untilOffset);
      }
    }
  }

  /** Bytes at an offset, fewer only at the end of the source. */
  async bytesAt(offset: number, length: number): Promise<Uint8Array> {
    const until = Math.min(offset + length, this.#source.size);
    if (offset < this.#base || until > this.#base + this.#bytes.length) await this.#fetch(offset, until);
    return this.#bytes.subarray(offset - this.#base, until - this.#base);
  }

  /** An element that keeps asking doubles its window, so that reading it again costs linear time in all. */
  async #widen(from: number, until: number): Promise<void> {
    const length = Math.max(until - from, this.#grown(from), chunkBytes);
    this.#fetchedBytes += Math.min(length, this.#source.size - from);
    // An element is fetched twice at most for each doubling: twice the limit bounds what is read and what is held.
    if (length > limits.dicomHeaderBytesMax || this.#fetchedBytes > 2 * limits.dicomHeaderBytesMax) {
      throw new BitHiveError('BH_DICOM_LIMIT', `the header is over ${limits.dicomHeaderBytesMax} bytes`);
    }
    await this.#fetch(from, from + length);
  }

  #grown(from: number): number {
    const isSame = from === this.#base;
    const isNext = from <= this.#base + this.#bytes.length;
    const most = isSame ? limits.dicomHeaderBytesMax : isNext ? steadyBytesMax : 0;
    return Math.min(this.#bytes.length * 2, most);
  }

  async #fetch(from: number, until: number): Promise<void> {
    const length = Math.min(Math.max(until - from, 4096), this.#source.size - from);
    const bytes = await this.#source.read(from, length);
    if (bytes.length !== length) {
      throw new BitHiveError(
        'BH_DICOM_TRUNCATED',
        `the source ended at ${from + bytes.length} while it was read`,
      );
    }
    this.#bytes = bytes;
    this.#base = from;
  }
}
