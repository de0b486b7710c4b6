import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { proposeObjects, requestAssociation, store } from '../../../connectors/dimse/index.ts';
import { readDataset, type WritableDataset, writableOf, writePart10 } from '../../../formats/dicom/index.ts';
import { pseudonymsOf } from '../../../mappings/deidentify/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import type { Engine } from '../../../server/compose.ts';
import { bodyOf, multipartType, post } from '../../connectors/dicomweb/raw-client.ts';
import { ctImage, explicitLittleEndian } from '../../connectors/dimse/raw-peer.ts';
import { dicomFile, el } from '../../formats/dicom/object-builder.ts';
import { until } from '../../until.ts';
import { type Hospital, startHospital } from './hospital.ts';

/** A node far away, and the archive of the hospital: engines that keep what they get. */
const keeps = { 'keeps.yaml': 'channel: keeps\nsource: { dicomweb: {} }\nto:\n  - "null": {}\n' };
const archive = ({ dicomweb, engine }: Hospital, more: string): string =>
  `stow: { url: "${dicomweb}", auth: { kind: bearer, token: "file:${engine.tokenFile}" }, ${more} }`;
const channels = (far: Hospital, pacs: Hospital) => ({
  'research.yaml': `
channel: research
source: { dicomweb: {}, dimse: {} }
key: StudyInstanceUID
steps:
  - reidentify: { sentBy: research/far, senders: [FAR-NODE] }
to:
  - ${archive(far, 'name: far, send: originals, deidentify: { options: [retain-modified-dates] }')}
  - ${archive(pacs, 'name: pacs')}
`,
  'open.yaml': `
channel: open
source: { dimse: { port: 0 } }
key: StudyInstanceUID
steps:
  - reidentify: { sentBy: open/far, senders: [FAR-NODE] }
to:
  - ${archive(far, 'name: far, send: originals, deidentify: { options: [retain-uids, retain-full-dates] }')}
  - ${archive(pacs, 'name: pacs')}
`,
});

let far: Hospital;
let pacs: Hospital;
let hospital: Hospital;
beforeAll(async () => {
  far = await startHospital({ channels: keeps });
  pacs = await startHospital({ channels: keeps });
  hospital = await startHospital({ channels: channels(far, pacs) });
});
afterAll(async () => {
  for (const one of [hospital, far, pacs]) await one?.close();
});

const study = '1.2.826.4711';
const original = (number: number): Buffer =>
  dicomFile([
    el(0x00080016, 'UI', ctImage),
    el(0x00080018, 'UI', `${study}.1.${number}`),
    el(0x00080020, 'DA', '20240229'),
    el(0x00080050, 'SH', 'ACC-4711'),
    el(0x00080060, 'CS', 'CT'),
    el(0x00100010, 'PN', 'Quokkaberg^Anna'),
    el(0x00100020, 'LO', 'MRN4711'),
    el(0x0020000d, 'UI', study),
    el(0x0020000e, 'UI', `${study}.1`),
  ]);
const objectsOf = async ({ engine }: Hospital): Promise<readonly Uint8Array[]> => {
  const messages = await engine.store.listMessages({ kind: 'dicom', limit: 100 });
  return Promise.all(
    [...messages].reverse().map(async ({ bodySize }) => engine.blobs.read(bodySize.hash as never)),
  );
};
const messagesOf = ({ store }: Engine, status: 'processed' | 'quarantined', channel = 'research') =>
  store.listMessages({ kind: 'dicom', channel, status, limit: 100 });

const resultClass = '1.2.840.10008.5.1.4.1.1.7';
const ui = (value: string) => ({ vr: 'UI', value: [value] });
/** What the node makes of an image. */
const resultOf = (image: Uint8Array, sopInstanceUid: string, more: WritableDataset = new Map()) => {
  const seen = writableOf(readDataset(image));
  return new Map([
    ...seen,
    [0x00080016, ui(resultClass)] as const,
    [0x00080018, ui(sopInstanceUid)] as const,
    [0x0020000e, ui('1.2.9.0')] as const,
    [
      0x00082112,
      {
        vr: 'SQ',
        value: [
          new Map([
            [0x00081150, ui(ctImage)],
            [0x00081155, seen.get(0x00080018) ?? ui('')],
          ]),
        ],
      },
    ] as const,
    ...more,
  ]);
};

/** By C-STORE under a calling AE title. */
async function send(result: WritableDataset, callingAe: string, to = 'research'): Promise<void> {
  const sopInstanceUid = String(result.get(0x00080018)?.value[0 as never]);
  const file = Buffer.from(writePart10(result, { sopClassUid: resultClass, sopInstanceUid }));
  const kind = { sopClassUid: resultClass, transferSyntaxUid: explicitLittleEndian };
  const { listening } = hospital.engine;
  const port = listening.find(({ protocol, channel }) => protocol === 'dimse' && channel === to)?.port ?? 0;
  const association = await requestAssociation(
    { host: '127.0.0.1', port, calledAe: 'BITHIVE', callingAe },
    { clock: systemClock, contexts: proposeObjects([kind]) },
  );
  const dataSet = file.subarray(144 + file.readUInt32LE(140));
  expect((await store(association, { ...kind, sopInstanceUid, dataSet }, 10_000)).status).toBe(0);
  await association.release(10_000);
}

test('a result of a remote node comes back through the door of the modalities, under the patient; what is refused is kept', async () => {
  const { engine, dicomweb } = hospital;
  const answer = await post(`${dicomweb}/studies`, bodyOf([original(1), original(2)]), {
    'content-type': multipartType,
    authorization: `Bearer ${engine.token}`,
  });
  expect(answer.status).toBe(200);
  const images = await until(async () => {
    const found = await objectsOf(far);
    return found.length === 2 && found;
  });
  const [image = new Uint8Array()] = images;
  expect(Buffer.from(image).toString('latin1')).not.toMatch(/Quokkaberg|MRN4711|ACC-4711|20240229|826\.4711/);

  await send(resultOf(image, '1.2.9.1'), 'FAR-NODE');
  const [back = new Uint8Array()] = await until(async () => {
    const found = await objectsOf(pacs);
    return found.length === 1 && found;
  });
  const turned = readDataset(back);
  expect(
    [0x00080018, 0x0020000d, 0x0020000e, 0x00100010, 0x00100020, 0x00080050, 0x00080020].map((tag) =>
      turned.text(tag),
    ),
  ).toEqual(['1.2.9.1', study, '1.2.9.0', 'Quokkaberg^Anna', 'MRN4711', 'ACC-4711', '20240229']);
  expect(turned.sequence(0x00082112)[0]?.text(0x00081155)).toMatch(new RegExp(`^${study}\\.1\\.[12]$`));

  // Who is no node sends originals: they leave de-identified, and nothing of them is turned back.
  await send(resultOf(original(3), `${study}.1.3`), 'CT1');
  expect(await until(async () => (await objectsOf(far)).length === 3)).toBe(true);

  await send(
    resultOf(image, '1.2.9.2', new Map([[0x00080022, { vr: 'DA', value: ['19990101'] }]])),
    'FAR-NODE',
  );
  const refused = await until(async () => (await messagesOf(engine, 'quarantined'))[0]);
  expect(refused).toMatchObject({ sender: 'FAR-NODE', refusal: { code: 'BH_REIDENTIFY_UNCERTAIN' } });
  // An operator's word makes nothing certain: it is refused again, and the next one goes on.
  await engine.pipelines.replay(refused.id);
  await until(async () => (await messagesOf(engine, 'quarantined')).length === 2);
  await send(resultOf(image, '1.2.9.3'), 'FAR-NODE');
  await until(async () => (await objectsOf(pacs)).length === 2);

  const audit = await engine.store.readAudit(1, 100);
  expect(
    audit
      .filter(({ operation }) => operation === 'result.reidentify')
      .map(({ outcome, agent }) => [outcome, agent]),
  ).toEqual(['success', 'refused', 'refused', 'success'].map((outcome) => [outcome, 'channel research']));
  // The results did not leave again.
  expect(await objectsOf(far)).toHaveLength(3);
  const [report] = await messagesOf(engine, 'processed');
  expect((await engine.store.lineage(report?.id as never)).report).toMatchObject({
    reidentified: { sentBy: 'research/far', studyInstanceUid: study, sopInstanceUid: '1.2.9.3' },
  });
});

test('an object that was not let out is none that a result can refer to', async () => {
  const { engine, dicomweb, folder } = hospital;
  const burnedIn = dicomFile([
    el(0x00080016, 'UI', ctImage),
    el(0x00080018, 'UI', `${study}.1.9`),
    el(0x00080050, 'SH', 'ACC-4711'),
    el(0x00080060, 'CS', 'US'),
    el(0x00100020, 'LO', 'MRN4711'),
    el(0x0020000d, 'UI', study),
    el(0x0020000e, 'UI', `${study}.1`),
    ...[el(0x00280002, 'US', [1]), el(0x00280010, 'US', [1]), el(0x00280011, 'US', [2])],
    ...[el(0x00280100, 'US', [8]), el(0x7fe00010, 'OB', [1, 2])],
  ]);
  await post(`${dicomweb}/studies`, bodyOf([burnedIn]), {
    'content-type': multipartType,
    authorization: `Bearer ${engine.token}`,
  });
  const dead = await until(
    async () => (await engine.store.listDeliveries({ destination: 'far', state: 'dead', limit: 10 }))[0],
  );
  expect(dead.lastError?.code).toBe('BH_DICOM_BURNED_IN');
  const key = readFileSync(join(folder, 'data', 'deidentify-key'), 'utf8').trim();
  const reference = new Map([
    [0x00081150, ui(ctImage)],
    [0x00081155, ui(pseudonymsOf(key).uid(`${study}.1.9`))],
  ]);
  const [image = new Uint8Array()] = await objectsOf(far);
  const result = resultOf(image, '1.2.9.4', new Map([[0x00082112, { vr: 'SQ', value: [reference] }]]));
  await send(result, 'FAR-NODE');
  const refused = await until(async () => {
    const [last, ...others] = await messagesOf(engine, 'quarantined');
    return others.length === 2 && last;
  });
  expect(refused.refusal).toMatchObject({
    code: 'BH_REIDENTIFY_UNKNOWN',
    detail: expect.stringContaining('which was not sent'),
  });
});

test('one note a study tells under which name it left, and names no patient', async () => {
  const notes = await hospital.engine.store.listMessages({ type: 'deidentified', limit: 10 });
  expect(notes.map(({ channel, status, facts }) => [channel, status, facts])).toEqual([
    ['research', 'filtered', { sentBy: 'far', studyInstanceUid: study, dates: 'modified', keepsUids: false }],
  ]);
});

test('where UIDs left as they are, a result cannot take the place of an image of another patient', async () => {
  const image = (ofStudy: string, patientId: string): WritableDataset =>
    resultOf(
      original(1),
      `${ofStudy}.1`,
      new Map([
        [0x00082112, { vr: 'SQ', value: [] }],
        [0x00100020, { vr: 'LO', value: [patientId] }],
        [0x0020000d, ui(ofStudy)],
      ]),
    );
  await send(image('1.2.826.81', 'MRN81'), 'CT1', 'open');
  await send(image('1.2.826.82', 'MRN82'), 'CT1', 'open');
  const seen = await until(async () => {
    const [one, other] = ['1.2.826.81.1', '1.2.826.82.1'].map((sop) =>
      objectsOf(far).then((all) => all.find((bytes) => readDataset(bytes).text(0x00080018) === sop)),
    );
    return (await other) && (await one);
  });
  await send(resultOf(seen, '1.2.826.82.1'), 'FAR-NODE', 'open');
  const refused = await until(async () => (await messagesOf(hospital.engine, 'quarantined', 'open'))[0]);
  expect(refused.refusal?.code).toBe('BH_REIDENTIFY_UNCERTAIN');

  await send(resultOf(seen, '1.2.9.81'), 'FAR-NODE', 'open');
  const back = await until(async () =>
    (await objectsOf(pacs)).map(readDataset).find((one) => one.text(0x00080018) === '1.2.9.81'),
  );
  expect(back.text(0x00100020)).toBe('MRN81');
});
