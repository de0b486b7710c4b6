import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BlobHash } from '../../../core/ids.ts';
import type { Blobs } from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';

const bytesMax = 1024 * 1024;
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const absent = 'ab'.repeat(32) as BlobHash;

async function* chunksOf(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe.each([
  ['files', false],
  ['a thread for small bodies', true],
])('folder blobs: %s', (_, hasThreads) => {
  let folder: string;
  let blobs: Blobs;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bithive-blobs-'));
    blobs = await openFolderBlobs({ folder, hasThreads, diskFreeBytesMin: 0 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('what is put comes back, under the hash of its bytes, whatever its chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5000 }),
        fc.integer({ min: 1, max: 999 }),
        async (bytes, size) => {
          const stored = await blobs.put(chunksOf(bytes, size), bytesMax);
          expect(stored).toEqual({ hash: hashOf(bytes), bytesCount: bytes.length });
          expect(Buffer.from(await blobs.read(stored.hash)).equals(bytes)).toBe(true);
          const streamed: Uint8Array[] = [];
          for await (const chunk of blobs.stream(stored.hash)) streamed.push(chunk);
          expect(Buffer.concat(streamed).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a body lies in ab/<hash>, and tmp is empty after', async () => {
    const { hash } = await blobs.put(chunksOf(Buffer.from('body'), 2), bytesMax);
    expect(blobs.pathOf(hash)).toBe(join(folder, hash.slice(0, 2), hash));
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('the same body from many writers at once is one file', async () => {
    const bytes = Buffer.alloc(10_000, 7);
    const stored = await Promise.all(
      Array.from({ length: 8 }, () => blobs.put(chunksOf(bytes, 100), bytesMax)),
    );
    expect(new Set(stored.map((blob) => blob.hash)).size).toBe(1);
    expect(await blobs.has(stored[0]!.hash)).toBe(true);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('a body over the limit is refused and leaves nothing', async () => {
    await expect(blobs.put(chunksOf(Buffer.alloc(101), 10), 100)).rejects.toMatchObject({
      code: 'BH_HTTP_TOO_LARGE',
    });
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('a source that fails leaves nothing', async () => {
    async function* failing(): AsyncIterable<Uint8Array> {
      yield Buffer.from('begin');
      throw new TypeError('the sender went away');
    }
    await expect(blobs.put(failing(), bytesMax)).rejects.toThrow('the sender went away');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('a changed file is told, not handed out', async () => {
    const { hash } = await blobs.put(chunksOf(Buffer.from('right'), 5), bytesMax);
    await writeFile(blobs.pathOf(hash)!, 'wrong');
    await expect(blobs.read(hash)).rejects.toMatchObject({ code: 'BH_BLOB_CORRUPT' });
    const drain = async () => {
      for await (const chunk of blobs.stream(hash)) expect(chunk.length).toBe(5);
    };
    await expect(drain()).rejects.toMatchObject({ code: 'BH_BLOB_CORRUPT' });
  });

  test('a hash that is none never becomes a path', () => {
    expect(() => blobs.pathOf('../../etc/passwd' as BlobHash)).toThrow('hexadecimal');
  });

  test('what is not there is told', async () => {
    await expect(blobs.read(absent)).rejects.toMatchObject({ code: 'BH_STORE_NOT_FOUND' });
    expect(await blobs.has(absent)).toBe(false);
    await blobs.remove(absent);
  });

  test('leftovers of a killed process are removed at start, bodies stay', async () => {
    const { hash } = await blobs.put(chunksOf(Buffer.from('kept'), 4), bytesMax);
    await mkdir(join(folder, 'tmp'), { recursive: true });
    await writeFile(join(folder, 'tmp', 'leftover'), 'half');
    const again = await openFolderBlobs({ folder, hasThreads, diskFreeBytesMin: 0 });
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    expect(Buffer.from(await again.read(hash)).toString()).toBe('kept');
  });

  test('in a folder that nodes share, a body that another node is taking in comes through the start of this one', async () => {
    const writer = await blobs.begin(bytesMax);
    await writer.write(new TextEncoder().encode('half '));
    const leftover = join(folder, 'tmp', 'leftover');
    await writeFile(leftover, 'of a node that was killed long ago');
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    await utimes(leftover, twoDaysAgo, twoDaysAgo);
    await openFolderBlobs({ folder, hasThreads, diskFreeBytesMin: 0, isShared: true });
    expect(await readdir(join(folder, 'tmp'))).toHaveLength(hasThreads ? 0 : 1);
    await writer.write(new TextEncoder().encode('whole'));
    const { hash } = await writer.commit();
    expect(Buffer.from(await blobs.read(hash)).toString()).toBe('half whole');
  });

  test('the door closes at the watermark', async () => {
    const full = await openFolderBlobs({ folder, hasThreads, diskFreeBytesMin: Number.MAX_SAFE_INTEGER });
    await expect(full.begin(1)).rejects.toMatchObject({ code: 'BH_STORE_FULL' });
  });

  test('abort is safe at any time and removes what was written', async () => {
    const writer = await blobs.begin(10);
    await writer.write(Buffer.from('12345'));
    await writer.abort();
    await writer.abort();
    const late = await blobs.begin(10);
    await expect(late.write(Buffer.alloc(11))).rejects.toMatchObject({ code: 'BH_HTTP_TOO_LARGE' });
    await late.abort();
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });
});
