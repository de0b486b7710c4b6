import type { Blobs } from '../../../core/ports/index.ts';
import { type ByteSource, type DicomDataset, readHeader } from '../../../formats/dicom/index.ts';
import { BlobSource } from '../../dicom-objects/blob-source.ts';
import type { HeldInstance } from './held-instance.ts';

/** Opens a stored object for as long as `use` takes, its header read. Throws BH_DICOM_*, BH_STORE_*. */
export async function withStoredObject<T>(
  { blob, bytesCount }: HeldInstance,
  blobs: Pick<Blobs, 'pathOf' | 'stream'>,
  use: (header: DicomDataset, source: ByteSource) => Promise<T>,
): Promise<T> {
  const stored = Promise.resolve({ hash: blob, bytesCount });
  const source = new BlobSource(bytesCount, Buffer.alloc(0), stored, blobs);
  try {
    return await use(await readHeader(source), source);
  } finally {
    await source.close();
  }
}
