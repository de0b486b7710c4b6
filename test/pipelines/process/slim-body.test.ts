import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { limits } from '../../../core/limits.ts';
import type { Blobs } from '../../../core/ports/index.ts';
import { slimBody } from '../../../pipelines/process/slim-body.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';

let folder: string;
let blobs: Blobs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-slim-'));
  blobs = await openFolderBlobs({ folder, isShared: false, diskFreeBytesMin: 0 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const document = Buffer.alloc(2 * limits.hl7DocumentInlineBytesMax, 'a document ');
const message = (data: string): string =>
  `MSH|^~\\&|A|H|||20260101||ORU^R01|1|P|2.5.1\rOBX|1|ED|x||^application^pdf^Base64^${data}||||||F\rNTE|1||end\r`;

/** Counts what is handed on in one piece. */
async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

const stored = async (): Promise<string[]> => {
  const hashes: string[] = [];
  for await (const hash of blobs.list()) hashes.push(hash);
  return hashes;
};

test('the document is in the blob store, decoded; its mark, which is base64 by form, stands in its place', async () => {
  const slim = await slimBody(pieces(message(document.toString('base64'))), blobs);
  const [[mark, facts]] = [...slim!.documents] as [
    [string, { hash: never; bytesCount: number; sha1: string }],
  ];
  expect(Buffer.from(slim!.bytes).toString()).toBe(message(mark));
  expect(Buffer.from(mark, 'base64').toString('base64')).toBe(mark);
  expect(facts.bytesCount).toBe(document.length);
  expect(facts.sha1).toBe(createHash('sha1').update(document).digest('base64'));
  expect(Buffer.from(await blobs.read(facts.hash)).equals(document)).toBe(true);
});

test('without a large document the message is as it came', async () => {
  const slim = await slimBody(pieces(message('QUJD')), blobs);
  expect(Buffer.from(slim!.bytes).toString()).toBe(message('QUJD'));
  expect([slim!.documents.size, await stored()]).toEqual([0, []]);
});

test('what is not base64 is left to be read whole, and leaves nothing behind', async () => {
  expect(await slimBody(pieces(message(`${document.toString('base64')}*`)), blobs)).toBeNull();
  expect(await stored()).toEqual([]);
});

test('a body that ends in a fault leaves nothing behind', async () => {
  const torn = async function* (): AsyncGenerator<Uint8Array> {
    yield* pieces(message(document.toString('base64')).slice(0, 600_000));
    throw new TypeError('torn');
  };
  await expect(slimBody(torn(), blobs)).rejects.toThrow('torn');
  expect(await stored()).toEqual([]);
});
