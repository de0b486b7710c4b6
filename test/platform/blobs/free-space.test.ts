import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Blobs } from '../../../core/ports/index.ts';
import { FreeSpace } from '../../../platform/blobs/free-space.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-space-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what was written since the last look at the disk is not counted as free', async () => {
  const space = new FreeSpace(folder);
  const before = await space.bytes();
  space.take(10_000_000);
  expect(await space.bytes()).toBeLessThanOrEqual(before - 9_000_000);
});

test('the disk is asked anew when much was written', async () => {
  const space = new FreeSpace(folder);
  await space.bytes();
  // More than may be written between two looks, and far more than the disk has.
  space.take(Number.MAX_SAFE_INTEGER / 2);
  expect(await space.bytes()).toBeGreaterThan(0);
});

test('a body closes its file whether it is committed, given up or fails', async () => {
  const blobs: Blobs = await openFolderBlobs({ folder, diskFreeBytesMin: 0 });
  const firstFree = await nextDescriptor();
  for (let round = 0; round < 50; round++) {
    const committed = await blobs.begin(10);
    await committed.write(Buffer.from(`${round}`));
    await committed.commit();
    const again = await blobs.begin(10);
    await again.write(Buffer.from(`${round}`));
    await again.commit();
    const aborted = await blobs.begin(10);
    await aborted.abort();
    const failed = await blobs.begin(1);
    await expect(failed.write(Buffer.from('too long'))).rejects.toMatchObject({ code: 'BH_HTTP_TOO_LARGE' });
    await failed.abort();
  }
  expect((await nextDescriptor()) - firstFree).toBeLessThan(20);
});

/** The system gives the lowest number that is free. */
async function nextDescriptor(): Promise<number> {
  const file = await open(join(folder, 'probe'), 'w');
  const { fd } = file;
  await file.close();
  return fd;
}
