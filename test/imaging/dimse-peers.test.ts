import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { studyCount } from '../../connectors/dimse/destination/study-count.ts';
import { studyPriors } from '../../connectors/dimse/destination/study-priors.ts';
import { readObjectFile } from '../../connectors/dimse/index.ts';
import { bytesSource } from '../../formats/dicom/byte-source.ts';
import { systemClock } from '../../platform/clock.ts';
import { type Node, startNode } from '../connectors/dimse/node-setup.ts';
import { command } from '../server/cli/engine-process.ts';
import { Dcmqrscp } from './dcmqrscp.ts';
import { echoscu, runTool, storeStatuses, storescu } from './dcmtk.ts';
import { demoFiles, hasShared, sharedFolder, sharedSamples } from './samples.ts';
import { Storescp } from './storescp.ts';
import { withComponents } from './with-components.ts';

const peerFlags = ({ port, aet }: { readonly port: number; readonly aet: string }) => [
  '--port',
  String(port),
  '--called-ae',
  aet,
];
const dataSetOf = async (bytes: Buffer): Promise<Buffer> =>
  bytes.subarray((await readObjectFile(bytesSource(bytes))).dataSetAt);

withComponents('dcmtk calls our node', () => {
  let node: Node;
  beforeAll(async () => {
    node = await startNode({ aeTitle: 'BITHIVE', callingAes: ['STORESCU'] });
  });
  afterAll(() => node?.close());
  const ours = () => ({ port: node.port, aet: 'BITHIVE' });

  test('echoscu', async () => {
    expect((await echoscu(ours())).code).toBe(0);
    expect((await echoscu({ ...ours(), aet: 'NOBODY' })).text).toContain('Called AE Title Not Recognized');
  });

  test('storescu: each object with status 0000H, twice the same taken once', async () => {
    const files = demoFiles();
    for (let round = 0; round < 2; round += 1) {
      const sent = await storescu(ours(), files);
      expect([sent.code, storeStatuses(sent)]).toEqual([0, files.map(() => 'Success')]);
    }
    expect(node.arrivals).toHaveLength(files.length);
  });

  test('an AE that is not known', async () => {
    const sent = await storescu(ours(), demoFiles().slice(0, 1), { callingAet: 'STRANGER' });
    expect(sent.text).toContain('Calling AE Title Not Recognized');
  });
});

withComponents('we call an archive of dcmtk', () => {
  let folder: string;
  let node: Node;
  let archive: Dcmqrscp;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-qr-'));
    node = await startNode({ aeTitle: 'BITHIVE' });
    archive = await Dcmqrscp.start(folder, { BITHIVE: node.port });
  });
  afterAll(async () => {
    await archive?.stop();
    await node?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('dicom echo', async () => {
    const { code, out } = await command(['dicom', 'echo', ...peerFlags(archive), '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { node: 'QRSCP', status: '0000H' }]);
  });

  test('dicom store, then dicom find: study by study', async () => {
    const stored = await command(['dicom', 'store', ...demoFiles(), ...peerFlags(archive), '--json']);
    const lines = stored.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([stored.code, lines.map(({ result }) => result)]).toEqual([0, demoFiles().map(() => 'stored')]);
    const found = await command([
      'dicom',
      'find',
      'AccessionNumber=DEMO-A00*',
      ...peerFlags(archive),
      '--json',
    ]);
    const matches = found.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([found.code, matches.length]).toEqual([0, demoFiles().length]);
    const none = await command(['dicom', 'find', 'PatientID=NOBODY', ...peerFlags(archive)]);
    expect(none.code).toBe(3);
  });

  test('movescu has the archive send a study to our node', async () => {
    const found = await command([
      'dicom',
      'find',
      'AccessionNumber=DEMO-A001',
      ...peerFlags(archive),
      '--json',
    ]);
    const uid = JSON.parse(found.out)['0020000D'].Value[0];
    const where = ['-S', '-aec', 'QRSCP', '-aem', 'BITHIVE', '127.0.0.1', String(archive.port)];
    const moved = await runTool('movescu', [...where, '-k', '0008,0052=STUDY', '-k', `0020,000d=${uid}`]);
    expect(moved.code).toBe(0);
    expect(node.arrivals.map(({ sender, facts }) => [sender, facts?.studyInstanceUid])).toEqual([
      ['QRSCP', uid],
    ]);
  });

  test('a study query: counted as it lists, priors fetched by C-GET', async () => {
    const found = await command([
      'dicom',
      'find',
      'AccessionNumber=DEMO-A002',
      ...peerFlags(archive),
      '--json',
    ]);
    const match = JSON.parse(found.out);
    const [uid, patientId] = [match['0020000D'].Value[0], match['00100020'].Value[0]];
    const options = {
      node: { host: '127.0.0.1', port: archive.port, calledAe: archive.aet, callingAe: 'BITHIVE' },
      clock: systemClock,
      answerMs: 30_000,
      blobs: node.blobs,
      name: 'archive',
      signal: new AbortController().signal,
    };
    expect(await studyCount(uid, options)).toBe(1);
    const query = {
      ask: 'priors',
      studyInstanceUid: '1.2.3',
      patientId,
      modalities: [],
      studiesMax: 5,
    } as const;
    const { studies, missing } = await studyPriors(query, options);
    expect([studies.map((study) => study.studyInstanceUid), missing]).toEqual([[uid], undefined]);
    expect(await node.blobs.has(studies[0]!.instances[0]!.blob)).toBe(true);
  });
});

(hasShared ? withComponents : describe.skip)('dicom store of every sample to a receiver of dcmtk', () => {
  let folder: string;
  let receiver: Storescp;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-scp-'));
    receiver = await Storescp.start(folder);
  });
  afterAll(async () => {
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('each in its own transfer syntax, its data set byte by byte; what is no object is said', async () => {
    const samples = sharedSamples();
    const { code, out } = await command(['dicom', 'store', sharedFolder, ...peerFlags(receiver), '--json']);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const byFile = new Map(lines.map((line) => [line.file, line]));
    const received = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    const dataSets = new Set(
      await Promise.all(received.map(async (one) => (await dataSetOf(one)).toString('latin1'))),
    );
    expect(code).toBe(1);
    // Some samples are forms of one object: the receiver names files by their UID, and the last one that came stays.
    const last = new Map(lines.map(({ file, sopInstanceUid }) => [sopInstanceUid, file]));
    const lost: string[] = [];
    for (const { file, sopInstanceUid, result } of lines) {
      if (result !== 'stored' || last.get(sopInstanceUid) !== file) continue;
      if (!dataSets.has((await dataSetOf(readFileSync(file))).toString('latin1'))) lost.push(file);
    }
    const results = samples.map(({ file }) => byFile.get(join(sharedFolder, file))?.result);
    expect(results.filter((one) => one === 'unreadable')).toHaveLength(
      samples.filter(({ sopInstanceUID }) => sopInstanceUID === undefined).length,
    );
    expect(lost).toEqual([]);
  });
});
