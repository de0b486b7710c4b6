import type { ByteSource } from '../../../formats/dicom/index.ts';
import { instanceFacts, readFileHead, readHeader } from '../../../formats/dicom/index.ts';

/** What a stored object is, for the association that is to carry it. */
export interface ObjectKind {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
}

/** Where in its file the data set of an object begins. */
export interface ObjectFile extends ObjectKind {
  readonly dataSetAt: number;
}

/**
 * Reads what a stored object is. Its own attributes say it, not group 0002, which may be missing or another object's.
 *
 * @throws BH_DICOM_SYNTAX, BH_DICOM_TRUNCATED, BH_DICOM_LIMIT, BH_DICOM_ATTRIBUTE
 */
export async function readObjectFile(source: ByteSource): Promise<ObjectFile> {
  const { dataSetAt } = await readFileHead(source);
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = instanceFacts(await readHeader(source));
  return { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSetAt };
}

/** A stream without its first bytes. */
export async function* behindHead(
  bytes: AsyncIterable<Uint8Array>,
  headBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let skipBytes = headBytes;
  for await (const piece of bytes) {
    const skipped = Math.min(skipBytes, piece.length);
    skipBytes -= skipped;
    if (skipped < piece.length) yield piece.subarray(skipped);
  }
}
