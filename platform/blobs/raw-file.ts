import { close, fdatasync, fsync, open, write } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Files by their descriptor. A handle of node:fs/promises can only be closed on another thread; a descriptor whose bytes are synced is closed
 * at once. Each trip to another thread costs more than such a call.
 */
export type Descriptor = number;

export const openFile: (path: string, flags: string, mode: number) => Promise<Descriptor> = promisify(open);
export const closeFile: (file: Descriptor) => Promise<void> = promisify(close);
export const syncFile: (file: Descriptor) => Promise<void> = promisify(fsync);
/** The bytes and what is needed to find them (fdatasync(2)): enough for a file whose folder is synced for its name. */
export const syncContent: (file: Descriptor) => Promise<void> = promisify(fdatasync);

const writeSome = promisify(write);

/** One write may take a part only, for example on a disk that becomes full. */
export async function writeWhole(file: Descriptor, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesWritten } = await writeSome(file, bytes, at, bytes.length - at, null);
    at += bytesWritten;
  }
}
