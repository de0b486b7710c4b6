import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readDataset, type WritableDataset, writableOf, writePart10 } from '../../formats/dicom/index.ts';
import { pseudonymsOf } from '../../mappings/deidentify/index.ts';
import { tracesOf } from '../mappings/deidentify/planted.ts';
import { until } from '../until.ts';
import { dciodvfy, storeStatuses, storescu } from './dcmtk.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { farResults } from './far-results.ts';
import { Orthanc } from './orthanc.ts';
import { demoFiles } from './samples.ts';
import { withComponents } from './with-components.ts';

const key = 'a key of this test, at least 32 characters long';
const channels = (doors: Doors, remote: Orthanc, pacs: Orthanc) => ({
  'research.yaml': `
channel: research
source: { ${doors.originals}: {} }
key: StudyInstanceUID
to:
  - stow:
      name: remote-node
      url: ${remote.dicomWeb}
      auth: { kind: basic, user: test, password: "env:REMOTE_PASSWORD" }
      send: originals
      deidentify: { options: [retain-modified-dates], key: "env:RESEARCH_KEY" }
`,
  'results.yaml': `
channel: results
source: { ${doors.results}: {} }
key: StudyInstanceUID
steps:
  - reidentify: { sentBy: research/remote-node, documents: keep }
to:
  - stow:
      url: ${pacs.dicomWeb}
      auth: { kind: basic, user: test, password: "env:PACS_PASSWORD" }
`,
});
interface Doors {
  readonly originals: 'dicomweb' | 'dimse';
  readonly results: 'dicomweb' | 'dimse';
}
const ways: readonly (readonly [string, Doors])[] = [
  ['C-STORE', { originals: 'dicomweb', results: 'dimse' }],
  ['STOW-RS', { originals: 'dimse', results: 'dicomweb' }],
];
const tag = { patientName: 0x00100010, patientId: 0x00100020, birthDate: 0x00100030, accession: 0x00080050 };
const studyTags = [tag.patientName, tag.patientId, tag.birthDate, tag.accession, 0x00080020, 0x0020000d];

withComponents.each(ways)('a remote node that sends its results by %s', (_name, doors) => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-reidentify-'));
  let remote: Orthanc;
  let pacs: Orthanc;
  let engine: RunningEngine;
  const originals = demoFiles().slice(0, 2);
  const pseudonyms = pseudonymsOf(key);
  beforeAll(async () => {
    remote = await Orthanc.start();
    pacs = await Orthanc.start();
    engine = await startEngine({
      channels: channels(doors, remote, pacs),
      environment: { REMOTE_PASSWORD: remote.password, PACS_PASSWORD: pacs.password, RESEARCH_KEY: key },
      flags: ['--log-level', 'error'],
    });
  });
  afterAll(async () => {
    await engine?.close();
    await remote?.stop();
    await pacs?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const send = async (door: Doors[keyof Doors], file: string): Promise<void> => {
    if (door === 'dimse') {
      const sent = await storescu({ port: engine.port('dimse'), aet: 'BITHIVE' }, [file], { words: ['-R'] });
      expect(storeStatuses(sent)).toEqual(['Success']);
    } else {
      const boundary = 'boundary-of-the-test';
      const { status } = await fetch(`${engine.httpUrl}/dicomweb/studies`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${engine.token}`,
          'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
        },
        body: Buffer.concat([
          Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
          readFileSync(file),
          Buffer.from(`\r\n--${boundary}--\r\n`),
        ]),
      });
      expect(status).toBe(200);
    }
  };
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${engine.httpUrl}${path}`, {
      headers: { authorization: `Bearer ${engine.token}` },
    });
    return (await answer.json()) as T;
  };
  const filesOf = async (archive: Orthanc): Promise<readonly Buffer[]> =>
    Promise.all((await archive.find('Instance', { PatientID: '*' })).map((one) => archive.file(one)));
  const write = (name: string, bytes: Uint8Array): string => {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
  };
  /** A copy of a result with other values. */
  const changed = (file: string, name: string, changes: WritableDataset): string => {
    const dataset = new Map([...writableOf(readDataset(readFileSync(file))), ...changes]);
    const uid = (at: number): string => String(dataset.get(at)?.value[0 as never]);
    return write(
      name,
      writePart10(dataset, { sopClassUid: uid(0x00080016), sopInstanceUid: uid(0x00080018) }),
    );
  };
  let results: readonly string[] = [];

  test('gets the images without the patient', async () => {
    for (const file of originals) await send(doors.originals, file);
    await until(async () => (await remote.instanceCount()) === originals.length);
    const far = await filesOf(remote);
    for (const original of originals.map((file) => readDataset(readFileSync(file)))) {
      const needles = [...studyTags, 0x0020000e, 0x00080018]
        .flatMap((at) => original.texts(at))
        .flatMap((text) => text.split('^'))
        .filter((text) => text.length > 3);
      expect(needles.length).toBeGreaterThan(5);
      for (const file of far)
        expect(needles.filter((needle) => tracesOf(file, needle).length > 0)).toEqual([]);
    }
  });

  test('has its results in the archive of the hospital, under the patient, valid, and without a pseudonym', async () => {
    const original = readDataset(readFileSync(originals[0] ?? ''));
    const studyUid = original.text(0x0020000d) ?? '';
    const image = (await filesOf(remote)).find(
      (file) => readDataset(file).text(0x0020000d) === pseudonyms.uid(studyUid),
    );
    const farImage = write('far.dcm', image ?? Buffer.alloc(0));
    results = await farResults(farImage, folder);
    expect(results).toHaveLength(5);
    for (const file of results) await send(doors.results, file);
    await until(async () => (await pacs.instanceCount()) === results.length);
    const sent = new Set(results.map((file) => readDataset(readFileSync(file)).text(0x00080018)));
    const movedDate = readDataset(image ?? Buffer.alloc(0)).text(0x00080020) ?? '';
    expect(movedDate).toMatch(/^\d{8}$/);
    for (const bytes of await filesOf(pacs)) {
      const turned = readDataset(bytes);
      const modality = turned.text(0x00080060);
      expect([modality, ...studyTags.map((at) => turned.text(at))]).toEqual([
        modality,
        ...studyTags.map((at) => original.text(at)),
      ]);
      expect(sent.has(turned.text(0x00080018))).toBe(true);
      const text = bytes.toString('latin1');
      const names = text.match(/2\.25\.\d{1,39}|BH[0-9A-Z]{20}/g) ?? [];
      expect([
        modality,
        names.filter((one) => pseudonyms.isOwnUid(one) || pseudonyms.isOwnPatient(one)),
      ]).toEqual([modality, []]);
      expect([modality, tracesOf(bytes, movedDate)]).toEqual([modality, []]);
      expect(tracesOf(bytes, original.text(0x00080018) ?? '').length > 0 || modality === 'DOC').toBe(true);
      const file = write('back.dcm', bytes);
      expect([modality, (await dciodvfy(file)).errors]).toEqual([modality, []]);
    }
  });

  test('that sends a result again has it there once', async () => {
    const before = await pacs.instanceCount();
    for (const file of results) await send(doors.results, file);
    const replayed = await ask<{ messages: { id: number }[] }>('/api/messages?channel=results&kind=dicom');
    expect(replayed.messages).toHaveLength(results.length);
    await new Promise((next) => setTimeout(next, 300));
    expect(await pacs.instanceCount()).toBe(before);
  });

  test('that sends what cannot be turned back is refused with a code, and the next result goes on', async () => {
    const [report = ''] = results;
    const before = await pacs.instanceCount();
    const ui = (value: string) => ({ vr: 'UI', value: [value] });
    const elsewhere = pseudonymsOf('the key of another hospital, long enough').uid('1.2.3');
    const faulty = [
      changed(
        report,
        'unknown.dcm',
        new Map([
          [0x00080018, ui('1.2.9.1')],
          [0x0020000d, ui(pseudonyms.uid('1.2.4'))],
        ]),
      ),
      changed(
        report,
        'foreign.dcm',
        new Map([
          [0x00080018, ui('1.2.9.2')],
          [0x0020000d, ui(elsewhere)],
        ]),
      ),
      changed(
        report,
        'patient.dcm',
        new Map([
          [0x00080018, ui('1.2.9.3')],
          [0x00100020, { vr: 'LO', value: [pseudonyms.patient('|1')] }],
        ]),
      ),
      changed(
        report,
        'date.dcm',
        new Map([
          [0x00080018, ui('1.2.9.4')],
          [0x00080023, { vr: 'DA', value: ['20010203'] }],
        ]),
      ),
    ];
    for (const file of faulty) await send(doors.results, file);
    await send(doors.results, changed(report, 'good.dcm', new Map([[0x00080018, ui('1.2.9.5')]])));
    await until(async () => (await pacs.instanceCount()) === before + 1);
    const { messages } = await ask<{ messages: { refusal?: { code: string } }[] }>(
      '/api/messages?channel=results&status=quarantined',
    );
    expect(messages.map(({ refusal }) => refusal?.code).reverse()).toEqual([
      'BH_REIDENTIFY_UNKNOWN',
      'BH_REIDENTIFY_UNKNOWN',
      'BH_REIDENTIFY_MIXED',
      'BH_REIDENTIFY_UNCERTAIN',
    ]);
  });

  test('leaves a trace in the audit of each time that somebody was made known again', async () => {
    const { events } = await ask<{ events: { operation: string; outcome: string; entities: object }[] }>(
      '/api/audit?limit=200',
    );
    const own = events.filter(({ operation }) => operation === 'result.reidentify');
    expect(own.filter(({ outcome }) => outcome === 'success')).toHaveLength(results.length + 1);
    expect(own.filter(({ outcome }) => outcome === 'refused')).toHaveLength(4);
    expect(own[0]?.entities).toMatchObject({ sentBy: 'research/remote-node' });
    expect(engine.log()).not.toContain(key);
  });
});
