import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { HeldInstance } from '../../../../connectors/dicomweb/surface/held-instance.ts';
import { metadata } from '../../../../connectors/dicomweb/surface/metadata.ts';
import { objectBytes } from '../object-bytes.ts';

const itemsCount = 200_000;

/** A sequence of items with nothing in them. */
function manyItems(): Buffer {
  const head = Buffer.from('28000030' + '53510000ffffffff', 'hex');
  const items = Buffer.alloc(8 * itemsCount, Buffer.from('feff00e000000000', 'hex'));
  return Buffer.concat([head, items, Buffer.from('feffdde000000000', 'hex')]);
}

test('the metadata of an object with hundreds of thousands of items is written between turns of the event loop', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metadata-'));
  try {
    const bytes = objectBytes({ extra: manyItems() });
    const path = join(folder, 'object');
    await writeFile(path, bytes);
    const instance = {
      ...{ blob: 'a'.repeat(64), bytesCount: bytes.length },
      ...{ studyInstanceUid: '1', seriesInstanceUid: '2', sopInstanceUid: '3' },
    } as unknown as HeldInstance;
    const blobs = { pathOf: () => path } as never;
    let [turns, isOver] = [0, false];
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const pieces: Buffer[] = [];
    for await (const piece of metadata([instance], blobs, 'http://engine/dicomweb')) pieces.push(piece);
    isOver = true;
    const [dataset] = JSON.parse(Buffer.concat(pieces).toString()) as { '00283000': { Value: unknown[] } }[];
    expect(dataset?.['00283000'].Value).toHaveLength(itemsCount);
    // Reading takes a turn for each 4,000 items, writing another one for each 4,000 pieces.
    expect(turns).toBeGreaterThan((1.5 * itemsCount) / 4_000);
  } finally {
    await rm(folder, { recursive: true });
  }
});
