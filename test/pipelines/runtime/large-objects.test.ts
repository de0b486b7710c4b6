import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { NewDelivery } from '../../../core/delivery.ts';
import { dicomResultContentType } from '../../../core/dicom-object.ts';
import { messageId } from '../../../core/ids.ts';
import { limits } from '../../../core/limits.ts';
import type { Blobs, ProcessedMessage } from '../../../core/ports/index.ts';
import { storeLargeObjects } from '../../../pipelines/runtime/large-objects.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';

let folder = '';
let blobs: Blobs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-objects-'));
  blobs = await openFolderBlobs({ folder });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const delivery = (contentType: string, bytesCount: number, destination = 'pacs'): NewDelivery => ({
  destination,
  lanes: [],
  priority: 0,
  dueAtMs: 0,
  expiresAtMs: 1,
  contentType,
  body: { kind: 'inline', bytes: new Uint8Array(bytesCount).fill(7) },
});
const processed = (...deliveries: readonly NewDelivery[]): ProcessedMessage => ({
  id: messageId(1),
  status: 'processed',
  processedAtMs: 0,
  deliveries,
  states: [],
  items: [],
  timers: [],
});

test('an object over the limit of a row is in the blob store before it is committed, once for all its receivers', async () => {
  const large = limits.inlineBodyBytesMax + 1;
  const [result] = await storeLargeObjects(
    [processed(delivery(dicomResultContentType, large), delivery(dicomResultContentType, large, 'archive'))],
    blobs,
  );
  const bodies = result?.deliveries.map(({ body }) => body) ?? [];
  expect(bodies).toEqual([
    { kind: 'blob', hash: expect.any(String), bytesCount: large },
    { kind: 'blob', hash: expect.any(String), bytesCount: large },
  ]);
  const hashes = bodies.map((body) => (body.kind === 'blob' ? body.hash : undefined));
  expect(hashes[0]).toBe(hashes[1]);
  const hash = hashes[0];
  if (hash === undefined) throw new TypeError('the object has a hash');
  expect(Buffer.from(await blobs.read(hash)).equals(Buffer.alloc(large, 7))).toBe(true);
});

test('what fits a row, and what is no object, stays with its delivery', async () => {
  const results = [
    processed(
      delivery(dicomResultContentType, limits.inlineBodyBytesMax),
      delivery('application/fhir+json', limits.inlineBodyBytesMax + 1),
    ),
    processed(),
  ];
  expect(await storeLargeObjects(results, blobs)).toEqual(results);
});
