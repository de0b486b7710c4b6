import type { FileHandle } from 'node:fs/promises';
import type { ByteSource } from '../../formats/dicom/index.ts';

/** An open file of so many bytes; whoever opened it closes it. */
export function fileSource(file: FileHandle, size: number): ByteSource {
  return {
    size,
    async read(offset, length) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
      return bytes.subarray(0, bytesRead);
    },
  };
}
