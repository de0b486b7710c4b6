import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  createFileDestination,
  createLocalFiles,
  parseNamePattern,
} from '../../../connectors/files/index.ts';
import type { Body } from '../../../core/message.ts';
import type { Blobs } from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { leased } from './deliveries.ts';

let root: string;
let folder: string;
let blobs: Blobs;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bithive-out-'));
  folder = join(root, 'out');
  blobs = await openFolderBlobs({ folder: join(root, 'blobs'), isShared: false, diskFreeBytesMin: 0 });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const send = (body: Body, pattern = '{date}T{time}-{deliveryId}.hl7', into = folder) =>
  createFileDestination({
    kind: 'files',
    access: createLocalFiles(),
    folder: into,
    namePattern: parseNamePattern(pattern),
    blobs,
  }).send(leased(body), new AbortController().signal);
const text: Body = { kind: 'inline', bytes: Buffer.from('MSH|\r') };

test('one file a delivery, named by the pattern, nothing hidden left; again it is the same file', async () => {
  for (let attempt = 0; attempt < 2; attempt++) expect(await send(text)).toMatchObject({ kind: 'delivered' });
  expect(await readdir(folder)).toEqual(['20261122T083015-000000000007.hl7']);
  expect(await readFile(join(folder, '20261122T083015-000000000007.hl7'), 'utf8')).toBe('MSH|\r');
});

test('a body of the blob store is streamed', async () => {
  const bytes = Buffer.alloc(3_000_000, 'x');
  const whole = async function* () {
    yield bytes;
  };
  await send({ kind: 'blob', ...(await blobs.put(whole(), bytes.length)) }, '{messageId}-{deliveryId}');
  expect(await readFile(join(folder, '000000000003-000000000007'))).toEqual(bytes);
});

test('a folder that cannot be used is tried again; a body that is gone is not', async () => {
  await writeFile(join(root, 'file'), '');
  expect(await send(text, '{deliveryId}', join(root, 'file'))).toMatchObject({
    kind: 'retry',
    error: { code: 'BH_FILE_IO' },
  });
  const hash = 'a'.repeat(64) as never;
  expect(await send({ kind: 'blob', hash, bytesCount: 1 })).toMatchObject({ kind: 'dead' });
  expect(await readdir(folder)).not.toContain('20261122T083015-000000000007.hl7');
});

test.each(['a.hl7', '{deliveryId}/../x', '{nonsense}-{deliveryId}', '.{deliveryId}', '{deliveryId} x'])(
  'no file name: %s',
  (pattern) => {
    expect(() => parseNamePattern(pattern)).toThrow(expect.objectContaining({ code: 'BH_CONFIG_VALUE' }));
  },
);
