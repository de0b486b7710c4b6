import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Blobs, BlobWriter } from '../../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../../platform/blobs/index.ts';
import { BodyMemory, slabBytes, slabStates } from '../../../../platform/blobs/thread/body-memory.ts';
import { BodyThreads } from '../../../../platform/blobs/thread/body-threads.ts';
import { BodyPlacer, type WholeBody } from '../../../../platform/blobs/thread/place-bodies.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-bodies-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeIn(writer: BlobWriter, bytes: Uint8Array, pieceBytes: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    await writer.write(Uint8Array.from(bytes.subarray(at, at + pieceBytes)));
}

describe.each([
  ['files', false],
  ['a thread', true],
])('bodies by %s', (_, hasThreads) => {
  let blobs: Blobs;
  beforeEach(async () => {
    blobs = await openFolderBlobs({ folder, hasThreads, diskFreeBytesMin: 0 });
  });

  test('what lies behind an offset has a hash of its own', async () => {
    const sizes = fc.oneof(fc.nat(20_000), fc.nat(3 * slabBytes));
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.nat(70_000),
        fc.integer({ min: 500, max: 400_000 }),
        async (size, at, piece) => {
          const bytes = randomBytes(size);
          const from = Math.min(at, size);
          const writer = await blobs.begin(4 * slabBytes);
          writer.hashTail(from);
          await writeIn(writer, bytes, piece);
          const tailHash = sha256(bytes.subarray(from));
          expect(await writer.commit()).toEqual({ hash: sha256(bytes), bytesCount: size, tailHash });
          expect(sha256(await readFile(blobs.pathOf(sha256(bytes) as never) ?? ''))).toBe(sha256(bytes));
        },
      ),
      { numRuns: 30 },
    );
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('more bodies at once than there is memory for are all stored', async () => {
    const bodies = Array.from({ length: 40 }, () => randomBytes(100_000));
    const writers = await Promise.all(bodies.map(() => blobs.begin(slabBytes)));
    await Promise.all(writers.map((writer, index) => writeIn(writer, bodies[index]!, 9_000)));
    const stored = await Promise.all(writers.map((writer) => writer.commit()));
    expect(stored.map(({ hash }) => hash)).toEqual(bodies.map(sha256));
    for (const [index, { hash }] of stored.entries())
      expect(bodies[index]!.equals(await blobs.read(hash))).toBe(true);
  });

  test('a body that is given up while it moves to a file leaves nothing', async () => {
    const writer = await blobs.begin(4 * slabBytes);
    await writer.write(randomBytes(slabBytes));
    const outcome = writer.write(randomBytes(slabBytes))?.then(
      () => 'written',
      (error: unknown) => (error as { code: string }).code,
    );
    await writer.abort();
    await outcome;
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    await writer.abort();
  });

  test('memory of a body that was given up serves the next ones, with nothing of it', async () => {
    for (let round = 0; round < 60; round += 1) {
      const writer = await blobs.begin(slabBytes);
      writer.hashTail(10);
      await writer.write(randomBytes(200_000));
      if (round % 2 === 0) {
        await writer.abort();
        continue;
      }
      await writer.abort();
      const body = randomBytes(150_000 + round);
      const next = await blobs.begin(slabBytes);
      await writeIn(next, body, 40_000);
      expect(await next.commit()).toEqual({ hash: sha256(body), bytesCount: body.length });
    }
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('a folder that is gone is told by its code, and the next body is taken', async () => {
    const body = randomBytes(1_000);
    const name = join(folder, sha256(body).slice(0, 2));
    await rm(name, { recursive: true });
    const failing = await blobs.begin(slabBytes);
    await failing.write(body);
    await expect(failing.commit()).rejects.toMatchObject({ code: 'BH_STORE_NOT_FOUND' });
    await failing.abort();
    await mkdir(name);
    const again = await blobs.begin(slabBytes);
    await again.write(body);
    expect((await again.commit()).hash).toBe(sha256(body));
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });
});

describe('placing a group of bodies', () => {
  const memory = BodyMemory.make();
  let placer: BodyPlacer;
  beforeEach(async () => {
    await openFolderBlobs({ folder, diskFreeBytesMin: 0 });
    placer = new BodyPlacer(folder, join(folder, 'tmp'), 'test', memory.slabs[0]!.bytes);
  });

  function bodyIn(slab: number, content: Uint8Array): WholeBody {
    const { bytes } = memory.slabs[slab]!;
    // What an earlier body has left.
    bytes.fill(0xee);
    bytes.set(content);
    return { bytes, bytesCount: content.length, hash: sha256(content) };
  }
  const pathOf = ({ hash }: WholeBody): string => join(folder, hash.slice(0, 2), hash);

  test.each([0, 1, 4095, 4096, 4097, slabBytes - 1, slabBytes])(
    '%i bytes lie there as they are',
    async (size) => {
      const content = randomBytes(size);
      const body = bodyIn(1, content);
      expect(placer.place([body])).toEqual([null]);
      expect(content.equals(await readFile(pathOf(body)))).toBe(true);
    },
  );

  test('one that fails leaves the others of its group alone', async () => {
    const bodies = [0, 1, 2].map((slab) => bodyIn(slab, randomBytes(5_000 + slab)));
    const failing = { ...bodies[1]!, hash: `zz${bodies[1]!.hash.slice(2)}` };
    const placed = placer.place([bodies[0]!, failing, bodies[2]!]);
    expect(placed.map((error) => error?.code ?? null)).toEqual([null, 'ENOENT', null]);
    expect((await stat(pathOf(bodies[2]!))).size).toBe(5_002);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('a torn file under the name of a body is replaced, and the same body twice is one', async () => {
    const content = randomBytes(9_000);
    const [first, second] = [bodyIn(0, content), bodyIn(1, content)];
    await writeFile(pathOf(first), 'torn by a power cut');
    expect(placer.place([first, second])).toEqual([null, null]);
    expect(content.equals(await readFile(pathOf(first)))).toBe(true);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });
});

describe('a thread that failed', () => {
  const sleep = () => new Promise((next) => setTimeout(next, 100));

  test('is told once, has no other one be given bodies, and old bodies are removed once the others have none', async () => {
    await mkdir(join(folder, 'tmp'));
    const told: string[] = [];
    const threads = await BodyThreads.start({
      root: folder,
      temporary: join(folder, 'tmp'),
      run: 'run',
      failed: ({ code }) => told.push(code),
    });
    if (threads === null) throw new TypeError('not built');
    const failing = threads.take();
    const other = threads.take();
    if (failing === null || other === null || failing.thread === other.thread)
      throw new TypeError('no slabs');
    // What no writer does: the same body is committed twice.
    await failing.thread.commit(failing.slab).catch(() => undefined);
    failing.slab.state = slabStates.committed;
    failing.thread.announce();
    while (!failing.thread.hasFailed) await sleep();
    expect(threads.take()).toBeNull();
    expect(told).toEqual(['BH_STORE_IO']);

    const path = join(folder, 'old');
    await writeFile(path, 'old');
    const future = Date.now() + 60_000;
    expect(await threads.removeOlder(path, future)).toBe(false);
    other.thread.release(other.slab);
    expect(await threads.removeOlder(path, future)).toBe(true);
    expect(await readdir(folder)).toEqual(['tmp']);
  });
});
