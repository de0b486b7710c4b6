import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { objectBytes, pixelHeader } from '../../test/connectors/dicomweb/object-bytes.ts';

/** A CT slice: 512 x 512 of 16 bits. */
const slicePixels = Buffer.alloc(512 * 512 * 2, 0x5a);

/** So many CT slices of 0.53 MB with UIDs of their own, as files. Returns their paths. */
export async function writeStudy(folder: string, count: number, prefix: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const sopInstanceUid = `1.2.826.${prefix}.${number}`;
    const path = join(folder, `${prefix}-${number}.dcm`);
    await writeFile(path, [objectBytes({ sopInstanceUid }), pixelHeader(slicePixels.length), slicePixels]);
    paths.push(path);
  }
  return paths;
}
