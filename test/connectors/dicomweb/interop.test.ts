import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { api } from 'dicomweb-client';
import { sendStudy } from './send-study.ts';
import { blobOf } from './stow-answers.ts';
import { type Receiver, startReceiver } from './stow-setup.ts';

// The client has no transport of its own in Node; the package that lends it one has no types.
(globalThis as { XMLHttpRequest?: unknown }).XMLHttpRequest = createRequire(import.meta.url)('xhr2');

const root = join(import.meta.dirname, '../../..');
const demo = join(root, 'data/demo/cxr');
const shared = join(root, '../shared/data/dicom');
const hasShared = existsSync(shared);

const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.dcm'))
    .sort()
    .map((name) => join(folder, name));

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => receiver.close());

interface Stored {
  readonly '00081199'?: { readonly Value: readonly unknown[] };
  readonly '00081198'?: { readonly Value: readonly unknown[] };
}

async function sendByClient(files: readonly string[]): Promise<Stored> {
  const client = new api.DICOMwebClient({ url: receiver.url, singlepart: '' });
  const datasets = files.map((file) => Uint8Array.from(readFileSync(file)).buffer);
  // It resolves with the text of the answer, whatever its types say.
  const text = (await client.storeInstances({ datasets })) as unknown as string;
  return JSON.parse(text) as Stored;
}

/** The blobs hold the very bytes of the files. */
async function expectBlobs(files: readonly string[]): Promise<void> {
  const hashes = receiver.arrivals.map(blobOf);
  const blobs = await Promise.all(hashes.map((hash) => receiver.blobs.read(hash)));
  const wanted = files.map((file) => readFileSync(file));
  expect(wanted.filter((bytes) => !blobs.some((blob) => bytes.equals(blob)))).toEqual([]);
}

test('dicomweb-client stores the demo radiographs', async () => {
  const files = filesIn(demo);
  const answer = await sendByClient(files);
  expect(answer['00081199']?.Value).toHaveLength(8);
  expect(answer['00081198']).toBeUndefined();
  expect(receiver.arrivals).toHaveLength(8);
  await expectBlobs(files);
});

test('our client streams the demo radiographs and reads the answer', async () => {
  const files = filesIn(demo);
  const outcome = await sendStudy(receiver.url, files, { token: 'secret' });
  expect(outcome.status).toBe(200);
  expect(outcome.stored).toHaveLength(8);
  expect(outcome.failed).toEqual([]);
  await expectBlobs(files);
});

test('our client tells stored from failed', async () => {
  const [first] = filesIn(demo);
  const outcome = await sendStudy(receiver.url, [first!, Buffer.from('rubbish')]);
  expect(outcome).toMatchObject({
    status: 202,
    stored: [{ sopClassUid: expect.stringMatching(/^1\.2\.840/) }],
    failed: [{ sopInstanceUid: '', reason: 0xc000, comment: expect.stringContaining('BH_DICOM_SYNTAX') }],
  });
  const wrongStudy = await sendStudy(receiver.url, [first!], {
    studyInstanceUid: '1.2',
  });
  expect(wrongStudy).toMatchObject({ status: 409, stored: [], failed: [{ reason: 0xa900 }] });
});

test('our client reports a refusal of the whole, an engine that is away, and an answer that proves nothing', async () => {
  await receiver.source.stop(0);
  const refused = await sendStudy(receiver.url, [filesIn(demo)[0]!]);
  expect(refused).toMatchObject({ status: 503, stored: [], text: expect.stringContaining('BH_STOPPING') });
  const away = sendStudy('http://127.0.0.1:9', [Buffer.from('x')]);
  await expect(away).rejects.toMatchObject({ isSent: false, reason: 'ECONNREFUSED' });

  const silent = createServer((request, response) => request.resume().on('end', () => response.end('{}')));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const unproven = sendStudy(`http://127.0.0.1:${port}`, [Buffer.from('x')]);
  expect(await unproven).toEqual({ status: 200, stored: [], failed: [], text: '{}' });
  silent.closeAllConnections();
  silent.close();
});

(hasShared ? test : test.skip)('the 14 real chest X-rays arrive bit for bit', async () => {
  const files = filesIn(join(shared, 'cxr'));
  expect(files).toHaveLength(14);
  expect((await sendByClient(files))['00081199']?.Value).toHaveLength(14);
  await expectBlobs(files);
});

(hasShared ? test : test.skip)('all transfer syntaxes are stored, and the odd objects', async () => {
  const files = [...filesIn(join(shared, 'ts')), ...filesIn(join(shared, 'odd'))];
  expect(files.length).toBeGreaterThanOrEqual(39);
  const outcome = await sendStudy(receiver.url, files);
  expect(outcome.failed).toEqual([]);
  expect(outcome.stored).toHaveLength(files.length);
  await expectBlobs(files);
});

(hasShared ? test : test.skip)('the invalid ones are refused with a code and kept', async () => {
  const files = filesIn(join(shared, 'invalid'));
  const outcome = await sendStudy(receiver.url, files);
  expect(outcome.status).toBe(409);
  const codes = outcome.failed.map((failed) => failed.comment?.split(':')[0]);
  expect(Object.fromEntries(files.map((file, index) => [file.split('/').at(-1), codes[index]]))).toEqual({
    'empty.dcm': 'BH_DICOM_SYNTAX',
    'not-dicom.dcm': 'BH_DICOM_SYNTAX',
    'preamble-only.dcm': expect.stringMatching(/^BH_DICOM_(SYNTAX|TRUNCATED)$/),
    'truncated-pixels.dcm': 'BH_DICOM_TRUNCATED',
  });
  expect(receiver.arrivals.every((arrival) => arrival.refusal !== undefined)).toBe(true);
  await expectBlobs(files);
});
