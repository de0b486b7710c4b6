import { afterEach, expect, test } from '@jest/globals';
import type { BlobHash } from '../../../core/ids.ts';
import type { InferenceJob } from '../../../core/inference.ts';
import type { Arrival } from '../../../core/message.ts';
import type { Store } from '../../../core/ports/index.ts';
import { LeapingClock } from '../../leaping-clock.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
import { startTestEngine, type TestDoor, type TestEngine } from './test-channel.ts';

const quietMs = 60_000;
const channel = `
channel: imaging
source: { dicomweb: {} }
key: StudyInstanceUID
steps:
  - assemble: { quietMs: ${quietMs}, forcedMs: 3600000 }
  - route:
      - { model: chest, when: "Modality in {CR, DX}" }
      - { model: stat-only, when: "order.urgency = stat" }
to:
  - test: { name: grid, target: "test:grid", takes: "job" }
`;

const arrival = (sop: string, modality = 'DX', hash = sop): Arrival => ({
  kind: 'dicom',
  type: '1.2.840.10008.5.1.4.1.1.1.1',
  sender: 'PACS',
  contentType: 'application/dicom',
  body: { kind: 'blob', hash: hash.padStart(64, '0') as BlobHash, bytesCount: 10 },
  searchKeys: [['study-uid', '1.2.3']],
  dedupe: { key: `sop|${sop}`, contentHash: hash.padStart(64, '0') },
  facts: {
    sopInstanceUid: sop,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    studyInstanceUid: '1.2.3',
    seriesInstanceUid: '1.2.3.1',
    modality,
    accessionNumber: 'ACC1',
    patientId: 'P1',
    instanceNumber: Number(sop),
  },
});

let engine: TestEngine | undefined;
const clock = new LeapingClock();
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
});

/** Silence begins when all that came is processed, whatever time that took, and ends at once. */
async function silence({ store }: TestEngine): Promise<void> {
  await until(async () => (await store.depths(0)).channels.every(({ received }) => received === 0));
  clock.leap(quietMs);
}

const jobsOf = (running: TestEngine): InferenceJob[] =>
  (running.receivers.get('test:grid')?.sent ?? [])
    .filter(({ text }) => text.startsWith('{'))
    .map(({ text }) => JSON.parse(text) as InferenceJob);

test('instances become a study after silence; a late one gives version 2 of the same study', async () => {
  engine = await startTestEngine([channel], { clock });
  const running = engine;
  const door = running.doors.get('imaging') as TestDoor;
  await Promise.all(['3', '1', '2'].map((sop) => door.accept(arrival(sop))));
  await door.accept(arrival('2'));
  await silence(running);
  await until(() => jobsOf(running).length === 1);
  expect(jobsOf(running)[0]).toMatchObject({
    model: 'chest',
    urgency: 'routine',
    study: { studyInstanceUid: '1.2.3', version: 1 },
  });
  expect(jobsOf(running)[0]?.study.instances.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
    '1',
    '2',
    '3',
  ]);

  await door.accept(arrival('4'));
  await silence(running);
  await until(() => jobsOf(running).length === 2);
  expect(jobsOf(running)[1]?.study).toMatchObject({ version: 2 });
  expect(jobsOf(running)[1]?.study.instances).toHaveLength(4);
});

test('a study that no rule takes goes to no model, and its message says so', async () => {
  engine = await startTestEngine([channel], { clock });
  const { store, doors } = engine;
  await (doors.get('imaging') as TestDoor).accept(arrival('1', 'MR'));
  await silence(engine);
  const message = await until(
    async () => (await store.searchMessages({ kind: 'timer', status: 'processed', limit: 5 }))[0],
  );
  expect((await store.lineage(message.id)).report).toMatchObject({ route: { models: [] } });
  expect(jobsOf(engine)).toHaveLength(0);
});

test('2,000 instances make one study with all of them in order, without a state that grows with each', async () => {
  let writtenBytes = 0;
  const wrap = (store: Store): Store =>
    withFaults(store, {
      commitProcessed: (lease, results) => {
        for (const { states, items } of results) writtenBytes += JSON.stringify([states, items]).length;
        return store.commitProcessed(lease, results);
      },
    });
  engine = await startTestEngine([channel], { wrap, clock });
  const running = engine;
  const door = running.doors.get('imaging') as TestDoor;
  const count = 2_000;
  const order = Array.from({ length: count }, (_, at) => String(((at * 7919) % count) + 1));
  await Promise.all(order.map((sop) => door.accept(arrival(sop))));
  await silence(running);
  await until(() => jobsOf(running).length > 0);
  const [job] = jobsOf(running);
  expect(jobsOf(running)).toHaveLength(1);
  expect(job?.study.version).toBe(1);
  expect(job?.study.instances.map(({ instanceNumber }) => instanceNumber)).toEqual(
    Array.from({ length: count }, (_, at) => at + 1),
  );
  // About a kilobyte for each instance, whichever it is: a state that held them all would be a thousand times that.
  expect(writtenBytes / count).toBeLessThan(2_500);
});

test('the same SOP Instance UID with other content takes the place of the first, as a new version of the study', async () => {
  engine = await startTestEngine([channel], { clock });
  const running = engine;
  const door = running.doors.get('imaging') as TestDoor;
  await door.accept(arrival('1'));
  await silence(running);
  await until(() => jobsOf(running).length === 1);
  await door.accept(arrival('1', 'DX', 'c0ffee'));
  await silence(running);
  await until(() => jobsOf(running).length === 2);
  const { study } = jobsOf(running)[1] as InferenceJob;
  expect(study).toMatchObject({ version: 2, instances: [{ blob: 'c0ffee'.padStart(64, '0') }] });
  expect(study.instances).toHaveLength(1);
});

test('a longer quiet time that comes into force while a study is open completes it all the same', async () => {
  engine = await startTestEngine([channel], { clock });
  await (engine.doors.get('imaging') as TestDoor).accept(arrival('1'));
  const { folder, store } = engine;
  const firstMs = await until(async () => (await store.nextTimerMs('imaging')) ?? undefined);
  await engine.stop();
  const longer = channel.replace(`quietMs: ${quietMs}`, `quietMs: ${2 * quietMs}`);
  engine = await startTestEngine([longer], { folder, clock });
  const running = engine;
  clock.leap(quietMs);
  await until(async () => ((await running.store.nextTimerMs('imaging')) ?? 0) > firstMs);
  expect(jobsOf(running)).toEqual([]);
  clock.leap(quietMs);
  await until(() => jobsOf(running).length === 1);
  expect(jobsOf(running)[0]?.study.completedAtMs).toBeGreaterThanOrEqual(
    (jobsOf(running)[0]?.study.instances[0]?.receivedAtMs ?? 0) + 2 * quietMs,
  );
});

test('a study is forgotten in time: its instances go, its version stays', async () => {
  engine = await startTestEngine([channel], { clock });
  const running = engine;
  const { store } = running;
  const door = running.doors.get('imaging') as TestDoor;
  await Promise.all([door.accept(arrival('1')), door.accept(arrival('2'))]);
  await silence(running);
  await until(() => jobsOf(running).length === 1);
  const blobs = async () => {
    const named: string[] = [];
    for (const { items } of await store.readStates([{ scope: 'imaging', key: '1.2.3', withItems: true }]))
      named.push(...(items ?? []).map(({ itemKey }) => itemKey));
    return named;
  };
  expect(await blobs()).toEqual(['1', '2']);
  // Thirty days later: the timer that was set at completion, as the store would fire it.
  const dueAtMs = (await store.nextTimerMs('imaging')) ?? 0;
  expect(dueAtMs).toBeGreaterThan(clock.nowMs() + 29 * 86_400_000);
  const lease = await store.leaseChannel('imaging', 'test', 10_000);
  await store.fireTimers(lease as never, 1, dueAtMs, 10);
  await until(async () => (await blobs()).length === 0);
  expect(await store.readStates([{ scope: 'imaging', key: '1.2.3', withItems: false }])).toMatchObject([
    { value: { status: 'complete', version: 1, instances: 0 } },
  ]);
  expect(await store.readStates([{ scope: 'imaging/seen', key: '1', withItems: false }])).toEqual([]);

  await door.accept(arrival('1', 'DX', 'beef'));
  await silence(running);
  await until(() => jobsOf(running).length === 2);
  expect(jobsOf(running)[1]?.study).toMatchObject({ version: 2, instances: [{ sopInstanceUid: '1' }] });
});
