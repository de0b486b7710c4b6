import { afterEach, expect, test } from '@jest/globals';
import type { BlobHash } from '../../../core/ids.ts';
import type { InferenceJob } from '../../../core/inference.ts';
import type { Arrival } from '../../../core/message.ts';
import { startTestEngine, type TestDoor, type TestEngine, until } from './test-channel.ts';

const channel = `
channel: imaging
source: { dicomweb: {} }
key: StudyInstanceUID
steps:
  - assemble: { quietMs: 60, forcedMs: 60000 }
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
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
});

const jobsOf = (running: TestEngine): InferenceJob[] =>
  (running.receivers.get('test:grid')?.sent ?? [])
    .filter(({ text }) => text.startsWith('{'))
    .map(({ text }) => JSON.parse(text) as InferenceJob);

test('instances become a study after silence; a late one gives version 2 of the same study', async () => {
  engine = await startTestEngine([channel]);
  const running = engine;
  const door = running.doors.get('imaging') as TestDoor;
  await Promise.all(['3', '1', '2'].map((sop) => door.accept(arrival(sop))));
  await door.accept(arrival('2'));
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
  await until(() => jobsOf(running).length === 2);
  expect(jobsOf(running)[1]?.study).toMatchObject({ version: 2 });
  expect(jobsOf(running)[1]?.study.instances).toHaveLength(4);
});

test('a study that no rule takes goes to no model, and its message says so', async () => {
  engine = await startTestEngine([channel]);
  const { store, doors } = engine;
  await (doors.get('imaging') as TestDoor).accept(arrival('1', 'MR'));
  const quiet = async () => (await store.searchMessages({ kind: 'timer', status: 'processed', limit: 5 }))[0];
  await until(async () => (await quiet()) !== undefined);
  const message = await quiet();
  expect((await store.lineage(message?.id as never)).report).toMatchObject({ route: { models: [] } });
  expect(jobsOf(engine)).toHaveLength(0);
});
