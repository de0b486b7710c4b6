import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import {
  instanceFacts,
  readDataset,
  type WritableDataset,
  writableOf,
  writePart10,
} from '../../../formats/dicom/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createPinoLogger } from '../../../platform/observability/pino-logger.ts';
import { TurnBackThread } from '../../../server/compose/turn-back-thread.ts';
import type { TurnBackAnswers } from '../../../server/compose/turn-back-worker/protocol.ts';
import { slowOnlyWhenAlways } from '../../fuzz/slow.ts';
import { longestStallMs } from '../../longest-stall.ts';
import {
  data,
  items,
  type Planted,
  pseudonyms,
  run,
  secret,
  text,
  tracesOf,
} from '../../mappings/deidentify/planted.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const study = '1.2.3.4711';
const instancesCount = 1_500;
const stallMsMax = 200;
const sop = (nth: number): string => `${study}.1.${nth}`;
const image = (nth: number): WritableDataset =>
  data(
    [0x00080016, text('UI', ct)],
    [0x00080018, text('UI', sop(nth))],
    [0x00080020, text('DA', '20231107')],
    [0x00080060, text('CS', 'CT')],
    [0x00100010, text('PN', 'Quokkaberg^Anna')],
    [0x00100020, text('LO', 'MRN4711')],
    [0x0020000d, text('UI', study)],
    [0x0020000e, text('UI', `${study}.1`)],
  );
const fileOf = (dataset: WritableDataset): Uint8Array =>
  writePart10(dataset, {
    sopClassUid: ct,
    sopInstanceUid: String(dataset.get(0x00080018)?.value[0 as never]),
  });

let folder: string;
let result: (more?: readonly Planted[]) => Uint8Array;
const threads: TurnBackThread[] = [];
const open = (clock = systemClock): TurnBackThread => {
  const thread = new TurnBackThread(clock);
  threads.push(thread);
  return thread;
};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-turn-back-'));
  writeFileSync(join(folder, 'original.dcm'), fileOf(image(1)));
  const seen = writableOf(readDataset((await run(fileOf(image(1)))).bytes));
  result = (more = []) =>
    fileOf(
      new Map([...seen, [0x00080018, text('UI', '1.2.9.1')], [0x0020000e, text('UI', '1.2.9.0')], ...more]),
    );
});
afterAll(async () => {
  for (const thread of threads) await thread.close();
  rmSync(folder, { recursive: true });
});

/** A study of many objects, all of which left, and all in one file. */
const answers = (more: Partial<TurnBackAnswers> = {}): TurnBackAnswers => ({
  study: async (uid) =>
    uid === pseudonyms.uid(study)
      ? { studyInstanceUid: study, dates: 'removed', keepsUids: false, secret, sentFromMs: 0 }
      : undefined,
  instances: async (from) =>
    Array.from({ length: Math.min(1_000, instancesCount - from) }, (_, at) => ({
      sopInstanceUid: sop(from + at + 1),
      seriesInstanceUid: `${study}.1`,
      accessionNumber: '',
      patient: '|MRN4711',
    })),
  wasSent: async () => false,
  instanceWasSent: async () => true,
  original: async () => ({ path: join(folder, 'original.dcm'), bytesCount: fileOf(image(1)).length }),
  ...more,
});
const reference = (uid: string): Planted => [
  0x00081199,
  items(data([0x00081150, text('UI', ct)], [0x00081155, text('UI', uid)])),
];

describe('the thread that turns results back', () => {
  test('gives the object under the patient, and its facts; the last of many objects is known', async () => {
    const bytes = result([reference(pseudonyms.uid(sop(instancesCount)))]);
    const turned = await open().result({ bytes, documents: 'refuse' }, answers());
    const read = readDataset(turned.bytes);
    expect([0x00100020, 0x0020000d, 0x00080018].map((tag) => read.text(tag))).toEqual([
      'MRN4711',
      study,
      '1.2.9.1',
    ]);
    expect(read.sequence(0x00081199)[0]?.text(0x00081155)).toBe(sop(instancesCount));
    expect(turned.facts).toEqual(instanceFacts(read));
    expect(tracesOf(turned.bytes, pseudonyms.uid(study))).toEqual([]);
  });

  test('tells what it refuses, and what the store could not answer, with its code', async () => {
    const thread = open();
    const turn = (more: Partial<TurnBackAnswers>) =>
      thread.result({ bytes: result(), documents: 'refuse' }, answers(more));
    await expect(turn({ study: async () => undefined })).rejects.toMatchObject({
      code: 'BH_REIDENTIFY_UNKNOWN',
    });
    const busy = () => Promise.reject(new BitHiveError('BH_STORE_BUSY', 'later'));
    for (const name of ['study', 'instances', 'instanceWasSent', 'original'])
      await expect(turn({ [name]: busy })).rejects.toMatchObject({ code: 'BH_STORE_BUSY', detail: 'later' });
    const gone = async () => ({ path: join(folder, 'gone.dcm'), bytesCount: 1 });
    await expect(turn({ original: gone })).rejects.toMatchObject({ code: 'BH_STORE_NOT_FOUND' });
    // ENOTDIR, as EMFILE of a busy machine: no reason to say that the result is at fault.
    const closed = async () => ({ path: join(folder, 'original.dcm', 'below'), bytesCount: 1 });
    await expect(turn({ original: closed })).rejects.toMatchObject({ code: 'BH_INTERNAL' });
    expect((await turn({})).facts.patientId).toBe('MRN4711');
  });

  test('a bug in what the engine answers is told with the place where it stands', async () => {
    const bug = function storeWithABug(): never {
      throw new TypeError('Quokkaberg');
    };
    const request = { bytes: result(), documents: 'refuse' as const };
    const told = await open()
      .result(request, answers({ study: bug }))
      .catch((error: unknown) => error);
    expect(told).toMatchObject({ code: 'BH_INTERNAL', cause: { name: 'TypeError' } });
    const lines: string[] = [];
    const logger = createPinoLogger({
      level: 'error',
      stream: { write: (line: string) => lines.push(line) },
    });
    logger.error('process.failed', {}, told);
    expect(lines.join('')).toContain('storeWithABug');
    expect(lines.join('')).not.toContain('Quokkaberg');
  });

  test('a result of 250,000 items is turned back, and the loop goes on meanwhile', async () => {
    const hostile = result([
      [0x0040a730, { vr: 'SQ', value: Array.from({ length: 250_000 }, () => data()) }],
    ]);
    const thread = open();
    let turnedBytes = 0;
    const stallMs = await slowOnlyWhenAlways(
      () =>
        longestStallMs(async () => {
          const bytes = Uint8Array.from(hostile);
          turnedBytes = (await thread.result({ bytes, documents: 'refuse' }, answers())).bytes.length;
        }),
      (stalled) => stalled > stallMsMax,
    );
    expect(turnedBytes).toBeGreaterThan(2_000_000);
    expect(stallMs).toBeLessThan(stallMsMax);
  });

  test('a result whose thread was lost is told so, and the next one is turned back', async () => {
    const timers: (() => void)[] = [];
    const after = (_ms: number, call: () => void) => {
      timers.push(call);
      return () => {};
    };
    const thread = open({
      ...systemClock,
      nowMs: systemClock.nowMs,
      monotonicMs: systemClock.monotonicMs,
      after,
    });
    const never = new Promise<never>(() => {});
    const request = () => ({ bytes: result(), documents: 'refuse' as const });
    const both = [
      thread.result(request(), answers({ study: () => never })),
      thread.result(request(), answers()),
    ];
    while (timers.length === 0) await new Promise((next) => setImmediate(next));
    timers[0]?.();
    const [lost, next] = await Promise.allSettled(both);
    expect(lost).toMatchObject({ reason: { code: 'BH_DICOM_WORKER' } });
    expect(next).toMatchObject({ value: { facts: { patientId: 'MRN4711' } } });
  });
});
