import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type Body, bodySizeOf } from '../../core/message.ts';
import type { Blobs } from '../../core/ports/index.ts';

/** A body that is read at once is hashed at once, too, on the engine's own thread: 6 ms for 8 MiB, half a second for the largest. */
const readAtOnceBytesMax = 8 * 1024 * 1024;
/** So much is written and hashed between two turns of the event loop. */
const pieceBytes = 1024 * 1024;

/**
 * The bytes of an object for a thread, which takes them: nobody else has them. A body that is read is the reader's own already; one that
 * lies in the message is copied.
 *
 * @throws BH_DICOM_LIMIT when it is too large to be read whole
 */
export async function bodyBytes(body: Body, blobs: Pick<Blobs, 'read' | 'stream'>): Promise<Uint8Array> {
  const { bytesCount } = bodySizeOf(body);
  if (bytesCount > limits.deidentifyObjectBytesMax)
    throw new BitHiveError('BH_DICOM_LIMIT', `${bytesCount} bytes are too many to be read whole`);
  if (body.kind === 'inline') return Uint8Array.from(body.bytes);
  return bytesCount > readAtOnceBytesMax ? readInPieces(body, blobs) : blobs.read(body.hash);
}

async function readInPieces(
  { hash, bytesCount }: Extract<Body, { kind: 'blob' }>,
  blobs: Pick<Blobs, 'stream'>,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(bytesCount);
  let at = 0;
  for await (const piece of blobs.stream(hash)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes.subarray(0, at);
}

/** Bytes as a stream for the blob store. Their memory must not be used again. */
export async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
