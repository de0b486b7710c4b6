import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CR, framed, RawClient } from '../../connectors/hl7v2/listener.ts';
import { until } from '../../until.ts';

const main = join(import.meta.dirname, '../../../dist/server/cli/main.js');
const demo = join(import.meta.dirname, '../../../data/demo/cxr');
/** Stands wherever a patient could be named. */
const canary = 'ZXCANARY';

/** An EHR that quotes what it was sent, each time in another way of failing. */
async function startParrot(): Promise<Server> {
  const issue = { severity: 'error', code: 'invalid', diagnostics: `${canary} is no name` };
  const outcome = JSON.stringify({ resourceType: 'OperationOutcome', issue: [issue] });
  const ways: readonly ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(422, { 'content-type': 'application/fhir+json' }).end(outcome),
    (response) => response.writeHead(503, `${canary}`).end(canary),
    (response) => response.writeHead(302, { location: `http://${canary}.example/` }).end(),
    (response) => response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(`{"${canary}`),
    (response) => response.destroy(),
    (response) => response.writeHead(400, { 'content-type': 'text/html' }).end(`<b>${canary}</b>`),
  ];
  let count = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => ways[count++ % ways.length]!(response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

interface Door {
  readonly protocol: string;
  readonly port: number;
}

async function startEngine(folder: string, ehrPort: number) {
  const flags = {
    data: folder,
    'http-port': '0',
    'hl7v2-port': '0',
    'dimse-port': '0',
    'log-level': 'debug',
    'disk-free-bytes-min': '0',
  };
  const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const ehr = ['--ehr-fhir-url', `http://127.0.0.1:${ehrPort}/fhir`];
  const child = spawn(process.execPath, [main, 'serve', ...argv, ...ehr], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ends it where the test failed before it could.
    timeout: 110_000,
    env: { ...process.env, BITHIVE_STUDY_QUIET_MS: '100' },
  });
  let told = '';
  child.stderr.on('data', (bytes) => {
    told += String(bytes);
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.stdout.on('data', (bytes) => {
    told += String(bytes);
  });
  const { listening } = JSON.parse(String(line)) as { listening: readonly Door[] };
  const token = (await readFile(join(folder, 'api-token'), 'utf8')).trim();
  const port = (protocol: string) => listening.find((one) => one.protocol === protocol)!.port;
  return { child, port, token, told: () => told };
}

const pid = `PID|1||${canary}1^^^HOSP^MR||${canary}^${canary}||19700101|F|||${canary} street`;
const messages = (): readonly string[] =>
  [
    ['ADT^A04', pid],
    ['ADT^A08', `${pid}${CR}OBX|1|ZZ|${canary}||${canary}`],
    ['ADT^A40', `${pid}${CR}MRG|${canary}2^^^HOSP^MR`],
    [`ZZZ^${canary}`, pid],
    ['ADT^A04', `PID|1||${canary}3^^^HOSP^MR||${canary}||not-a-date-${canary}|${canary}`],
    ['ORM^O01', `${pid}${CR}ORC|NW|${canary}9${CR}OBR|1|${canary}9||${canary}`],
  ].map(([type, rest], at) => {
    const id = at === 4 ? canary.repeat(40) : `${canary}-${at}`;
    return `MSH|^~\\&|HIS${canary}|HOSP|BITHIVE|X|20260101120000||${type}|${id}|P|2.5.1||||||UNICODE UTF-8${CR}${rest}${CR}`;
  });

async function sendHl7(port: number): Promise<void> {
  const client = new RawClient(port);
  const all = messages();
  for (const message of all) client.send(framed(message));
  client.send(framed(all[0]!.replace('P|2.5.1', 'P|2.3'))); // same id, other bytes
  client.send(framed(`${canary} is no HL7`));
  client.send(Buffer.from(`${canary} outside a frame\x0b${all[1]}\x0b${all[2]}\x1c${canary}\x1c\r`));
  await client.answered(all.length + 4);
  client.socket.destroy();
}

async function sendHttp(port: number, token: string): Promise<void> {
  const base = `http://127.0.0.1:${port}`;
  const known = { authorization: `Bearer ${token}` };
  const fhir = { ...known, 'content-type': 'application/fhir+json' };
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${base}${path}`, init).then((answer) => answer.arrayBuffer());
  const patient = { resourceType: 'Patient', name: [{ family: canary }], gender: canary, birthDate: canary };
  await ask('/fhir/Patient', { method: 'POST', headers: fhir, body: JSON.stringify(patient) });
  await ask('/fhir/Patient', { method: 'POST', headers: fhir, body: `{"${canary}": ` });
  await ask(`/fhir/${canary}`, { method: 'POST', headers: fhir, body: '{}' });
  await ask('/fhir', { method: 'POST', headers: { ...fhir, 'content-encoding': 'gzip' }, body: canary });
  await ask(`/api/messages?mrn=${canary}1`, { headers: known });
  await ask(`/api/messages?${canary}=1`, { headers: known });
  await ask(`/api/${canary}`, { headers: known });
  await ask(`/api/messages?mrn=${canary}`, { headers: { authorization: `Bearer ${canary}` } });
  const dicom = { ...known, 'content-type': 'application/dicom' };
  const [name = ''] = (await readdir(demo)).filter((one) => one.endsWith('.dcm'));
  const image = await readFile(join(demo, name));
  await ask('/dicomweb/studies', { method: 'POST', headers: dicom, body: image });
  await ask(`/dicomweb/studies/${canary}`, { method: 'POST', headers: dicom, body: image });
  const torn = Buffer.concat([image.subarray(0, 700), Buffer.from(canary)]);
  await ask('/dicomweb/studies', { method: 'POST', headers: dicom, body: torn });
}

/** Until the EHR has refused one delivery for good and another one waits for its next attempt. */
async function failed(port: number, token: string): Promise<void> {
  const count = async (query: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`http://127.0.0.1:${port}/api/deliveries?${query}`, { headers });
    const { deliveries } = (await answer.json()) as { deliveries: readonly { attempts: number }[] };
    return deliveries.filter(({ attempts }) => attempts > 0).length;
  };
  await until(async () => (await count('state=dead')) > 0 && (await count('state=due')) > 0);
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
}

(existsSync(main) ? test : test.skip)(
  'no patient and no token gets into the log at level debug, whatever is sent and whatever the EHR answers (needs dist)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bithive-canary-'));
    const parrot = await startParrot();
    const engine = await startEngine(join(folder, 'data'), portOf(parrot));
    try {
      await sendHl7(engine.port('mllp'));
      await sendHttp(engine.port('http'), engine.token);
      await failed(engine.port('http'), engine.token);
    } finally {
      await stop(engine.child);
      parrot.close();
      await rm(folder, { recursive: true, force: true });
    }
    const lines = engine.told().split('\n');
    expect(lines.filter((line) => line.includes('hl7v2.frame.fault'))).not.toEqual([]);
    expect(lines.filter((line) => line.includes(canary) || line.includes(engine.token))).toEqual([]);
  },
);
