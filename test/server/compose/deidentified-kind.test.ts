import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { loadConfig } from '../../../config/index.ts';
import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import { dicomContentType, dicomResultContentType } from '../../../core/dicom-object.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Body, NewMessage } from '../../../core/message.ts';
import { readDataset } from '../../../formats/dicom/index.ts';
import { pseudonymsOf } from '../../../mappings/deidentify/index.ts';
import type { DestinationKind } from '../../../pipelines/channel/catalog.ts';
import { systemClock } from '../../../platform/clock.ts';
import { systemRandom } from '../../../platform/random.ts';
import { createSystemKeys } from '../../../platform/security/system-keys.ts';
import type { RunningParts } from '../../../server/compose/catalog.ts';
import { mayDeidentify } from '../../../server/compose/deidentified-kind.ts';
import { DeidentifyThread } from '../../../server/compose/deidentify-thread.ts';
import { PseudonymKeys } from '../../../server/compose/pseudonym-keys.ts';
import { leased } from '../../connectors/files/deliveries.ts';
import { dicomFile, el } from '../../formats/dicom/object-builder.ts';
import { tracesOf } from '../../mappings/deidentify/planted.ts';
import { temporaryFolder } from '../cli/harness.ts';

const file = (modality = 'CT', more: Parameters<typeof dicomFile>[0] = []): Buffer =>
  dicomFile([
    el(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
    el(0x00080018, 'UI', '1.2.3.4711.1'),
    el(0x00080060, 'CS', modality),
    el(0x00100010, 'PN', 'Quokkaberg^Anna'),
    el(0x00100020, 'LO', 'MRN4711'),
    el(0x0020000d, 'UI', '1.2.3.4711'),
    el(0x0020000e, 'UI', '1.2.3.4711.0'),
    ...more,
  ]);
const facts = {
  study: '1.2.3.4711',
  version: 2,
  sopInstanceUid: '1.2.3.4711.1',
  patient: 'Quokkaberg',
  model: 'm',
};

describe('a destination with deidentify', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const sent: LeasedDelivery[] = [];
  const notes: NewMessage[] = [];
  /** How many notes there were when each object left. */
  const noted: number[] = [];
  const blobs = new Map<string, Uint8Array>();
  beforeEach(() => {
    folder = temporaryFolder();
    sent.length = 0;
    notes.length = 0;
    noted.length = 0;
  });
  afterEach(() => folder.remove());
  const deidentifyThread = new DeidentifyThread(systemClock);
  afterAll(() => deidentifyThread.close());

  const outcome: DeliveryOutcome = { kind: 'delivered', note: 'as the receiver says' };
  const inner: DestinationKind<{ url: string }> = {
    kind: 'archive',
    settings: z.strictObject({ url: z.url() }),
    takes: () => true,
    create: () => ({
      ...{ kind: 'archive', target: 'a', concurrency: 3 },
      async send(delivery) {
        noted.push(notes.length);
        sent.push(delivery);
        return outcome;
      },
      async close() {},
    }),
  };
  const kind = () => {
    const { config } = loadConfig({ argv: [`--data=${folder.path}`], env: {}, cwd: folder.path });
    const keys = createSystemKeys({ env: { KEY: 'x'.repeat(40), SHORT: 'x' }, cwd: folder.path });
    const read = async (hash: string) => Uint8Array.from(blobs.get(hash) ?? []);
    const stream = async function* (hash: string) {
      const bytes = await read(hash);
      yield bytes.subarray(0, 100);
      yield bytes.subarray(100);
    };
    const store = {
      async accept(message: NewMessage) {
        notes.push(message);
      },
    };
    const ports = { random: systemRandom, blobs: { read, stream }, store, clock: systemClock };
    const running = () =>
      ({ ports, deidentifyThread, pseudonymKeys: new PseudonymKeys() }) as unknown as RunningParts;
    return mayDeidentify(inner, { config, keys, running });
  };
  const settingsOf = (given: JsonObject) => kind().settings.parse(given);
  const url = 'https://archive.example';
  const delivery = (body: Body): LeasedDelivery => ({
    ...leased(body),
    contentType: dicomContentType,
    facts,
  });
  const send = async (bytes: Uint8Array, deidentify: JsonObject | undefined, body?: Body) => {
    const settings = settingsOf({ url, ...(deidentify ? { deidentify } : {}) });
    const destination = await kind().create(settings, { channel: 'c', name: 'n' });
    expect([destination.kind, destination.target, destination.concurrency]).toEqual(['archive', 'a', 3]);
    return destination.send(delivery(body ?? { kind: 'inline', bytes }), new AbortController().signal);
  };
  const bytesSent = (nth = 0): Uint8Array => {
    const body = sent[nth]?.body;
    return body?.kind === 'inline' ? body.bytes : new Uint8Array();
  };

  test('gets objects without the patient, and facts with the new UIDs only', async () => {
    const original = file();
    expect(await send(original, { profile: 'basic' })).toBe(outcome);
    for (const needle of ['Quokkaberg', 'MRN4711', '1.2.3.4711'])
      expect(tracesOf(bytesSent(), needle)).toEqual([]);
    const dataset = readDataset(bytesSent());
    expect(sent[0]?.facts).toEqual({
      study: dataset.text(0x0020000d),
      studyInstanceUid: dataset.text(0x0020000d),
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUid: dataset.text(0x00080018),
      version: 2,
      model: 'm',
    });
    expect(JSON.stringify(sent[0]?.facts)).not.toContain('4711');
  });

  test('notes before it leaves which study it is, under the UID that leaves and by which rules', async () => {
    await send(file(), { options: ['retain-modified-dates'] });
    const sentStudy = readDataset(bytesSent()).text(0x0020000d);
    expect(noted).toEqual([1]);
    expect(notes).toMatchObject([
      {
        ...{
          kind: 'answer',
          type: 'deidentified',
          channel: 'c',
          parent: leased({ kind: 'inline', bytes: new Uint8Array() }).messageId,
        },
        searchKeys: [['study-uid', sentStudy]],
        facts: { sentBy: 'n', studyInstanceUid: '1.2.3.4711', dates: 'modified', keepsUids: false },
      },
    ]);
    expect(JSON.stringify(notes)).not.toMatch(/Quokkaberg|MRN4711/);
  });

  test('notes nothing of what does not leave', async () => {
    await send(Buffer.from('no object at all'), {});
    expect(notes).toEqual([]);
  });

  test('reads a body that lies in the blob store', async () => {
    blobs.set('h', file());
    await send(new Uint8Array(), {}, { kind: 'blob', hash: 'h' as never, bytesCount: 100 });
    expect(readDataset(bytesSent()).text(0x00120062)).toBe('YES');
    const large = { kind: 'blob', hash: 'h' as never, bytesCount: 9 * 1024 * 1024 } as const;
    await send(new Uint8Array(), {}, large);
    expect(readDataset(bytesSent(1)).text(0x00120062)).toBe('YES');
    const huge = { kind: 'blob', hash: 'h' as never, bytesCount: 2 ** 40 } as const;
    expect(await send(new Uint8Array(), {}, huge)).toMatchObject({
      kind: 'dead',
      error: { code: 'BH_DICOM_LIMIT' },
    });
    expect(sent).toHaveLength(2);
  });

  test('gets nothing of what cannot be de-identified: dead, with the code', async () => {
    const pixels = [
      el(0x00280010, 'US', [1]),
      el(0x00280011, 'US', [2]),
      el(0x00280100, 'US', [8]),
      el(0x7fe00010, 'OB', [1, 2]),
    ];
    expect(await send(file('US', pixels), {})).toEqual({
      kind: 'dead',
      error: { code: 'BH_DICOM_BURNED_IN', detail: expect.stringContaining('modality US') },
    });
    expect(await send(Buffer.from('no object at all'), {})).toMatchObject({
      kind: 'dead',
      error: { code: 'BH_DICOM_SYNTAX' },
    });
    expect(sent).toEqual([]);
  });

  test('makes its key in the data folder, for its owner only, and keeps it', async () => {
    await send(file(), {});
    const first = readDataset(bytesSent()).text(0x00080018);
    expect(statSync(join(folder.path, 'deidentify-key')).mode & 0o777).toBe(0o600);
    sent.length = 0;
    await send(file(), {});
    expect(readDataset(bytesSent()).text(0x00080018)).toBe(first);
    sent.length = 0;
    await send(file(), { key: 'env:KEY' });
    expect(readDataset(bytesSent()).text(0x00080018)).toBe(pseudonymsOf('x'.repeat(40)).uid('1.2.3.4711.1'));
  });

  test('without the setting gets everything as it is', async () => {
    const bytes = file();
    await send(bytes, undefined);
    expect(bytesSent()).toBe(bytes);
    expect(sent[0]?.facts).toBe(facts);
  });

  test('takes objects only: a question about a study names it', () => {
    const plain = settingsOf({ url });
    const safe = settingsOf({ url, deidentify: {} });
    const question = 'application/vnd.bithive.study-query+json';
    const takes = [dicomContentType, dicomResultContentType, question].map((type) => [
      kind().takes(type, plain),
      kind().takes(type, safe),
    ]);
    expect(takes).toEqual([
      [true, true],
      [true, true],
      [true, false],
    ]);
  });

  test.each([
    [{ url: 'no url' }, ['url']],
    [{ url, extra: 1 }, []],
    [{ url, deidentify: { options: ['retain-everything'] } }, ['deidentify', 'options', 0]],
    [{ url, deidentify: { pixels: 'no' } }, ['deidentify', 'pixels']],
    [{ url, deidentify: { options: ['retain-full-dates', 'retain-modified-dates'] } }, ['deidentify']],
  ])('settings %j are refused at %j', (given, path) => {
    const result = kind().settings.safeParse(given);
    expect(result.error?.issues[0]?.path).toEqual(path);
  });

  test('a key that is none is told before anything is opened', async () => {
    const check = async (key: string) => kind().check?.(settingsOf({ url, deidentify: { key } }));
    await expect(check('env:KEY')).resolves.toBeUndefined();
    await expect(check('env:SHORT')).rejects.toMatchObject({ code: 'BH_CONFIG_SECRET' });
    await expect(check('env:ABSENT')).rejects.toMatchObject({ code: 'BH_CONFIG_SECRET' });
  });
});
