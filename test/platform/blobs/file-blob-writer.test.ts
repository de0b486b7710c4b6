import { createHash } from 'node:crypto';
import { openSync } from 'node:fs';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FileBlobWriter } from '../../../platform/blobs/file-blob-writer.ts';
import { Removals } from '../../../platform/blobs/removals.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-writer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A file that takes no bytes, as a disk that fails. */
const failingWriter = () => writerOf('r');

async function writerOf(flags: 'r' | 'r+'): Promise<FileBlobWriter> {
  const temporaryPath = join(folder, 'unfinished');
  await writeFile(temporaryPath, '');
  return new FileBlobWriter({
    file: openSync(temporaryPath, flags),
    temporaryPath,
    bytesMax: 10_000_000,
    pathOf: (hash) => join(folder, hash),
    removals: new Removals(),
    requireSpace: async () => {},
    takeSpace: () => {},
  });
}

/** More than is held back to be written at once. */
const piece = new Uint8Array(300_000);

test('a write that fails while the next piece comes is told by its code, by every call that follows', async () => {
  const writer = await failingWriter();
  await writer.write(piece);
  await new Promise((next) => setTimeout(next, 50));
  await expect(writer.write(piece)).rejects.toMatchObject({ code: 'BH_STORE_IO' });
  await expect(writer.write(piece)).rejects.toMatchObject({ code: 'BH_STORE_IO' });
  await expect(writer.commit()).rejects.toMatchObject({ code: 'BH_STORE_IO' });
  await writer.abort();
  await expect(access(join(folder, 'unfinished'))).rejects.toThrow('ENOENT');
});

test('the last bytes of a body fail with its commit', async () => {
  const writer = await failingWriter();
  expect(writer.write(new Uint8Array(10))).toBeUndefined();
  await expect(writer.commit()).rejects.toMatchObject({ code: 'BH_STORE_IO' });
  await writer.abort();
});

test('a body of single bytes is whole, and its tail may begin within those that have come', async () => {
  const writer = await writerOf('r+');
  const bytes = Uint8Array.from({ length: 5000 }, (_, at) => at);
  for (const byte of bytes) expect(writer.write(Uint8Array.of(byte))).toBeUndefined();
  writer.hashTail(3);
  const hashed = (from: number) => createHash('sha256').update(bytes.subarray(from)).digest('hex');
  expect(await writer.commit()).toEqual({ hash: hashed(0), bytesCount: 5000, tailHash: hashed(3) });
});

test('a body that is given up begins no write any more', async () => {
  const writer = await writerOf('r+');
  await writer.write(piece);
  const waiting = writer.write(piece);
  await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'BH_STORE_IO' }), writer.abort()]);
  await expect(writer.write(piece)).rejects.toMatchObject({ code: 'BH_STORE_IO' });
});
