import { existsSync } from 'node:fs';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BlobHash } from '../../../core/ids.ts';
import type { Blobs } from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { Removals } from '../../../platform/blobs/removals.ts';

const text = (value: string) => new TextEncoder().encode(value);

describe.each([
  ['files', false],
  ['a thread for small bodies', true],
])('what the sweep of orphans needs of the folder: %s', (_, hasThreads) => {
  let folder: string;
  let blobs: Blobs;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bithive-sweep-'));
    blobs = await openFolderBlobs({ folder, hasThreads, diskFreeBytesMin: 0 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function put(value: string): Promise<BlobHash> {
    async function* once() {
      yield text(value);
    }
    return (await blobs.put(once(), 1024)).hash;
  }

  async function listed(): Promise<readonly string[]> {
    const hashes: string[] = [];
    for await (const hash of blobs.list()) hashes.push(hash);
    return hashes;
  }

  /** Makes a body an old one. */
  const age = (hash: BlobHash) => utimes(blobs.pathOf(hash) ?? '', 1, 1);

  test('the list names every body once, in ascending order, and nothing unfinished', async () => {
    const hashes = await Promise.all(Array.from({ length: 40 }, (_, index) => put(`body ${index}`)));
    const writer = await blobs.begin(1024);
    await writer.write(text('unfinished'));
    expect(await listed()).toEqual([...hashes].sort());
    await writer.abort();
  });

  test('an old body goes, a young one and one that is not there stay as they are', async () => {
    const old = await put('old');
    const young = await put('young');
    await age(old);
    expect(await blobs.removeUnlessStoredSince(old, 10_000)).toBe(true);
    expect(await blobs.removeUnlessStoredSince(young, 10_000)).toBe(false);
    expect(await blobs.removeUnlessStoredSince(old, 10_000)).toBe(false);
    expect(await listed()).toEqual([young]);
  });

  test('a body that is stored again counts as young', async () => {
    const hash = await put('twice');
    await age(hash);
    await put('twice');
    expect(await blobs.removeUnlessStoredSince(hash, 10_000)).toBe(false);
    expect(await blobs.has(hash)).toBe(true);
  });

  test('the sweep leaves a body that a writer is moving into place, and a writer waits for the sweep', async () => {
    const hash = await put('race');
    await age(hash);
    const path = blobs.pathOf(hash) ?? '';
    const removals = new Removals();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const writing = removals.keepDuring(hash, () => held);
    expect(await removals.remove(hash, path, 10_000)).toBe(false);
    release();
    await writing;

    const removal = removals.remove(hash, path, 10_000);
    expect(await removals.keepDuring(hash, async () => existsSync(path))).toBe(false);
    expect(await removal).toBe(true);
  });
});
