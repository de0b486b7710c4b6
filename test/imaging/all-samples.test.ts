import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { catalogue } from '../../core/error-catalogue.ts';
import { bodyOf, multipartType, post } from '../connectors/dicomweb/raw-client.ts';
import { itemsOf } from '../connectors/dicomweb/stow-answers.ts';
import { command } from '../server/cli/engine-process.ts';
import { until } from '../until.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { bodyOfMessage, type HeldObject, heldObjects } from './engine-messages.ts';
import { hasShared, type SampleFacts, sharedFolder, sharedSamples } from './samples.ts';
import { withComponents } from './with-components.ts';

const channel = `
channel: images
source: { dicomweb: {} }
key: StudyInstanceUID
to: [ { "null": {} } ]
`;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** Some samples are forms of one object under one UID: the second is kept too, and told with this warning. */
/** Of the range of the samples (README of the samples). */
const lossyTolerance = 0.01;
const differentObject = 0xb111;

(hasShared ? withComponents : describe.skip)('every sample, through the door for STOW-RS', () => {
  let engine: RunningEngine;
  let held: ReadonlyMap<string, HeldObject> = new Map();
  const answers = new Map<string, Awaited<ReturnType<typeof post>>>();

  beforeAll(async () => {
    engine = await startEngine({ channels: { 'images.yaml': channel }, flags: ['--log-level', 'error'] });
    const headers = { 'content-type': multipartType, authorization: `Bearer ${engine.token}` };
    for (const { file } of sharedSamples()) {
      const body = bodyOf([readFileSync(join(sharedFolder, file))]);
      answers.set(file, await post(`${engine.httpUrl}/dicomweb/studies`, body, headers));
    }
    const objects = await until(async () => {
      const found = await heldObjects(engine);
      return found.every(({ status }) => status !== 'received') && found;
    });
    held = new Map(objects.map((object) => [object.bodyHash ?? '', object]));
  });
  afterAll(() => engine?.close());

  test('all are answered and kept', () => {
    expect(answers.size).toBe(77);
    expect(held.size).toBe(77);
  });

  test.each(hasShared ? sharedSamples() : [])('$file', async (sample) => {
    const answer = answers.get(sample.file)!;
    const object = held.get(sample.sha256);
    expect(object).toBeDefined();
    expect(sha256(await bodyOfMessage(engine, object!.id))).toBe(sample.sha256);
    if (answer.status === 409) {
      const code = object!.refusal?.code as keyof typeof catalogue;
      expect(code).toMatch(/^BH_DICOM_/);
      expect(object!.status).toBe('quarantined');
      expect(itemsOf(answer, '00081198')[0]?.['00081197']?.Value).toEqual([catalogue[code].dicom]);
      expect(sample.sopInstanceUID).toBeUndefined();
      return;
    }
    expect(object!.status).toBe('processed');
    expect(object!.searchKeys).toContainEqual({ name: 'sop-uid', value: sample.sopInstanceUID });
    const warning = itemsOf(answer, '00081199')[0]?.['00081196']?.Value;
    expect([answer.status, warning]).toEqual(
      answer.status === 202 ? [202, [differentObject]] : [200, undefined],
    );
  });

  describe('what was kept, decoded by `bithive dicom pixels`', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bithive-pixels-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    test.each(hasShared ? sharedSamples() : [])('$file', async ({ sha256, pixel }) => {
      const file = join(folder, sha256);
      writeFileSync(file, await bodyOfMessage(engine, held.get(sha256)!.id));
      const { code, out, err } = await command(['dicom', 'pixels', file, '--stats']);
      if (code === 0) return expectPixels(JSON.parse(out) as DecodedPixels, pixel);
      expect(err.trim()).toMatch(/^BH_DICOM_[A-Z_]+/);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect(pixel).toBeUndefined();
    });
  });
});

interface DecodedPixels {
  readonly sha256: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** Lossless: the very bytes. Lossy codecs may differ by a part of the range. */
function expectPixels(decoded: DecodedPixels, pixel: SampleFacts['pixel']): void {
  if (pixel === undefined) return;
  if (pixel.sha256 !== undefined) {
    expect(decoded.sha256).toBe(pixel.sha256);
    return;
  }
  const tolerance = (pixel.max - pixel.min) * lossyTolerance;
  for (const name of ['min', 'max', 'mean'] as const) {
    expect(Math.abs(decoded[name] - pixel[name])).toBeLessThanOrEqual(tolerance);
  }
}
