import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { messageId } from '../../../core/ids.ts';
import { startSftp, type TestSftp } from '../../connectors/files/sftp-server.ts';
import { adt, framed } from '../../connectors/hl7v2/listener.ts';
import { until } from '../../until.ts';
import { type Hospital, startHospital } from './hospital.ts';

let root: string;
let sftp: TestSftp;
let hospital: Hospital | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bithive-folders-'));
  for (const folder of ['in', 'out', 'server', 'server/in']) await mkdir(join(root, folder));
  await writeFile(join(root, 'password'), 'right', { mode: 0o600 });
  sftp = await startSftp(join(root, 'server'));
});
afterEach(async () => {
  await hospital?.close();
  hospital = undefined;
  await sftp.close();
  await rm(root, { recursive: true, force: true });
});

const server = (folder: string): string =>
  `host: 127.0.0.1, port: ${sftp.port}, user: his, password: "file:${root}/password", hostKey: "${sftp.fingerprint}", folder: ${folder}`;
/** What a reader takes: a name with a dot is a file that is still being written. */
const names = async (folder: string): Promise<readonly string[]> =>
  (await readdir(join(root, folder))).filter((name) => !name.startsWith('.'));
const patient = (id: string, controlId: string): string => adt(controlId).replace('77^^^H', `${id}^^^H`);
const batch = (...messages: string[]): string =>
  `FHS|^~\\&|HIS|H\rBHS|^~\\&|HIS|H|||20261122||||LOT\r${messages.join('')}BTS|${messages.length}\rFTS|1\r`;
const patients = async () => (await hospital!.search('Patient')).length;

test('a batch in a folder: each message reaches the EHR and the folder of the next system, with the batch as its parent', async () => {
  hospital = await startHospital({
    channels: {
      'a.yaml': `
channel: drop
source: { files: { folder: ${join(root, 'in')}, pattern: "*.hl7", pollMs: 50, stableMs: 10 } }
key: PID-3.1
filter: "MSH-9.1 = 'ADT'"
steps: [{ map: hl7v2-to-fhir }]
to:
  - fhir: { url: "\${EHR_FHIR_URL}" }
  - files: { folder: ${join(root, 'out')}, fileName: "{messageId}-{deliveryId}.hl7" }
`,
    },
  });
  await writeFile(join(root, 'in', 'lot.hl7'), batch(patient('1', 'C1'), patient('2', 'C2')));
  await until(async () => (await patients()) === 2 && (await names('out')).length === 2);
  await until(async () => (await names('in/done')).includes('lot.hl7'));
  const out = await Promise.all(
    (await names('out')).map((name) => readFile(join(root, 'out', name), 'utf8')),
  );
  expect(out.sort()).toEqual([patient('1', 'C1'), patient('2', 'C2')]);
  const { store } = hospital.engine;
  const [whole] = await store.searchMessages({ kind: 'batch', limit: 10 });
  expect(whole).toMatchObject({ status: 'processed', facts: { messages: 2, file: 'lot.hl7' } });
  const { children } = await store.lineage(whole!.id);
  expect(children).toHaveLength(2);
  expect((await store.lineage(children[0] ?? messageId(0))).parents).toEqual([whole!.id]);
  expect(hospital.engine.listening).toContainEqual({
    channel: 'drop',
    protocol: 'files',
    host: join(root, 'in'),
    port: 0,
  });
});

test('from one SFTP folder to another', async () => {
  hospital = await startHospital({
    channels: {
      'a.yaml': `
channel: fetch
source: { sftp: { ${server('/in')}, pollMs: 50, stableMs: 10 } }
to:
  - sftp: { ${server('/out')} }
`,
    },
  });
  await writeFile(join(root, 'server', 'in', 'a.hl7'), patient('1', 'C1'));
  const [name] = await until(async () => {
    const written = (await names('server')).includes('out') ? await names('server/out') : [];
    return written.some((one) => one.endsWith('.hl7')) && written;
  });
  expect(await readFile(join(root, 'server', 'out', name!), 'utf8')).toBe(patient('1', 'C1'));
  await until(async () => (await names('server/in/done')).includes('a.hl7'));
});

test('FHIR files: a Bundle reaches the EHR', async () => {
  hospital = await startHospital({
    channels: {
      'a.yaml': `
channel: bundles
source: { files: { folder: ${join(root, 'in')}, format: fhir, pollMs: 50, stableMs: 10 } }
filter: "type = 'transaction'"
to: [{ fhir: { url: "\${EHR_FHIR_URL}" } }]
`,
    },
  });
  const identifier = [{ system: 'urn:x', value: '9' }];
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        resource: { resourceType: 'Patient', identifier },
        request: { method: 'PUT', url: 'Patient?identifier=urn:x|9' },
      },
    ],
  };
  await writeFile(join(root, 'in', 'p.json'), JSON.stringify(bundle));
  await until(async () => (await patients()) === 1);
});

test('a batch over MLLP: each message reaches the EHR; sent again nothing happens twice', async () => {
  hospital = await startHospital();
  const { port } = hospital.engine.listening.find(({ protocol }) => protocol === 'mllp')!;
  const send = (bytes: Uint8Array): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => socket.write(bytes));
      const answer: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => {
        answer.push(chunk);
        if (chunk.includes(0x1c)) socket.end(() => resolve(Buffer.concat(answer).toString()));
      });
    });
  const bytes = framed(batch(patient('1', 'C1'), patient('2', 'C2')));
  const answers = [await send(bytes), await send(bytes)];
  for (const answer of answers) expect(answer.match(/MSA\|AA\|C\d/g)).toEqual(['MSA|AA|C1', 'MSA|AA|C2']);
  await until(async () => (await patients()) === 2);
  const { store } = hospital.engine;
  expect(await store.searchMessages({ kind: 'batch', limit: 10 })).toHaveLength(1);
  expect(await store.searchMessages({ kind: 'hl7v2', limit: 10 })).toHaveLength(2);
});
