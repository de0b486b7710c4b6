import { toBitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Blobs, StoredBlob } from '../../core/ports/index.ts';
import type { InstanceFacts } from '../../core/study.ts';
import { instanceFacts, readHeader, verifyPixelData } from '../../formats/dicom/index.ts';
import { BlobSource, Head } from './blob-source.ts';
import { PartFile } from './part-file.ts';

export interface KeptObject extends StoredBlob {
  readonly facts: InstanceFacts;
}

/**
 * Streams an object that was asked for into a blob, and reads its header there. One that is no whole DICOM object is refused, and its bytes are
 * left to the sweep of orphans: unlike what a sender brings, it is where it came from. Throws BH_DICOM_*, BH_STORE_*, and what the body throws.
 */
export async function keepObject(body: AsyncIterable<Uint8Array>, blobs: Blobs): Promise<KeptObject> {
  const head = new Head();
  const file = new PartFile(blobs, limits.stowPartBytesMax);
  try {
    await file.open();
    for await (const piece of body) {
      head.take(piece);
      const room = file.write(piece);
      if (room !== undefined) await room;
    }
  } catch (error) {
    await file.abort();
    throw error;
  }
  const { failure, writer } = file;
  if (failure !== null || writer === null) {
    await file.abort();
    throw toBitHiveError(failure);
  }
  const stored = await writer.commit().catch(async (error: unknown) => {
    await writer.abort();
    throw error;
  });
  const source = new BlobSource(file.bytesCount, head.bytes(), Promise.resolve(stored), blobs);
  try {
    const header = await readHeader(source);
    await verifyPixelData(source, header);
    return { ...stored, facts: instanceFacts(header) };
  } finally {
    await source.close();
  }
}
