import { statfs } from 'node:fs/promises';
import type { Logger } from '../../core/ports/index.ts';

/** Free bytes for this process in the filesystem of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Looks at the free space once a second. The doors close while there is still room to finish what was accepted: a disk that
 * is really full is a failure in the middle of something, a watermark is a clean refusal.
 */
export class DiskWatch {
  readonly #folder: string;
  readonly #freeBytesMin: number;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #isLow = false;

  constructor(folder: string, freeBytesMin: number, logger: Logger, everyMs = 1000) {
    this.#folder = folder;
    this.#freeBytesMin = freeBytesMin;
    this.#logger = logger;
    this.#timer = setInterval(() => void this.look(), everyMs);
    this.#timer.unref();
  }

  get isLow(): boolean {
    return this.#isLow;
  }
  get reason(): string {
    return `less than ${this.#freeBytesMin} bytes are free in the data folder`;
  }

  async look(): Promise<void> {
    try {
      this.#isLow = (await freeBytes(this.#folder)) < this.#freeBytesMin;
    } catch (cause) {
      this.#logger.error('disk.watch.failed', {}, cause);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
