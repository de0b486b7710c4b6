import { createReadStream } from 'node:fs';
import type { Blobs, StoredBlob } from '../../../core/ports/index.ts';

/** A DICOM object on its way out. Its size is known, so that the request can say how long it is. */
export interface OutgoingInstance {
  readonly bytesCount: number;
  /** Called again for each attempt. */
  body(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export const instanceOfBytes = (bytes: Uint8Array): OutgoingInstance => ({
  bytesCount: bytes.length,
  body: () => [bytes],
});

export const instanceOfBlob = ({ hash, bytesCount }: StoredBlob, blobs: Blobs): OutgoingInstance => ({
  bytesCount,
  body: () => blobs.stream(hash),
});

/** @param bytesCount as it is now: a file that changes while it is sent ends the request */
export const instanceOfFile = (path: string, bytesCount: number): OutgoingInstance => ({
  bytesCount,
  body: () => createReadStream(path, { highWaterMark: 256 * 1024 }),
});
