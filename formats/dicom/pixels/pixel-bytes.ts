import { BitHiveError } from '../../../core/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { DicomElement } from '../element.ts';

/** Where the bytes of pixel data come from, by their offset in the object: memory, or a source that is read piece by piece. */
export interface PixelBytes {
  read(offset: number, length: number): Promise<Uint8Array>;
}

export const loadedBytes = (element: DicomElement): PixelBytes => ({
  read: async (offset, length) => element.slice(offset, length),
});

/** Throws BH_DICOM_TRUNCATED where the source ends before what its size promised. */
export const sourceBytes = (source: ByteSource): PixelBytes => ({
  async read(offset, length) {
    const bytes = await source.read(offset, length);
    if (bytes.length === length) return bytes;
    throw new BitHiveError(
      'BH_DICOM_TRUNCATED',
      `the source ended at ${offset + bytes.length} while it was read`,
    );
  },
});
