import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/index.ts';
import type { Finding } from '../core/inference.ts';
import { type Engine, startEngine } from '../server/compose.ts';
import { sendStudy } from '../test/connectors/dicomweb/send-study.ts';
import { type BenchRow, median } from './row.ts';

const studies = 30;
const warmUp = 3;
const quietMs = 200;
const template = readFileSync(new URL('../../data/demo/cxr/demo-cxr-1.dcm', import.meta.url));

/**
 * From (last STOW answer + quiet time) to the report's request at the FHIR server, less what the model itself took: what the engine adds
 * between a complete study and its report.
 */
export async function run(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-report-'));
  const receiver = await reportReceiver();
  const { port } = receiver.server.address() as AddressInfo;
  const engine = await start(folder, `http://127.0.0.1:${port}/fhir`);
  try {
    const added: number[] = [];
    const model: number[] = [];
    for (let study = 1; study <= studies + warmUp; study += 1) {
      const { addedMs, modelMs } = await one(engine, receiver, study);
      if (study <= warmUp) continue;
      added.push(addedMs);
      model.push(modelMs);
    }
    const value = median(added);
    const peerValue = median(model);
    const name = 'study complete to report on its way, beyond the model';
    return [
      {
        name,
        value,
        unit: 'ms',
        peer: "the model's own run",
        peerValue,
        ratio: value / peerValue,
        target: 'value <= 50 ms',
      },
    ];
  } finally {
    await engine.stop();
    receiver.server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(folder: string, ehrUrl: string): Promise<Engine> {
  const ports = ['--http-port', '0', '--hl7v2-port', '0', '--dimse-port', '0'];
  const argv = ['--data', folder, ...ports, '--ehr-fhir-url', ehrUrl, '--log-level', 'error'];
  const { config } = loadConfig({ argv, env: {}, cwd: folder });
  return startEngine({ config, environment: { STUDY_QUIET_MS: String(quietMs) } });
}

async function one(engine: Engine, receiver: ReportReceiver, study: number) {
  const http = engine.listening.find(({ protocol }) => protocol === 'http');
  const arrived = receiver.next();
  const url = `http://127.0.0.1:${http?.port ?? 0}/dicomweb`;
  await sendStudy(url, [renumbered(study)], { token: engine.token });
  const answeredMs = performance.now();
  const atMs = await arrived;
  const [newest] = await engine.store.searchMessages({ kind: 'finding', limit: 1 });
  const body = newest?.body.kind === 'inline' ? newest.body.bytes : new Uint8Array(0);
  const { durationMs } = JSON.parse(new TextDecoder().decode(body)) as Finding;
  return { addedMs: atMs - (answeredMs + quietMs) - durationMs, modelMs: durationMs };
}

/** The demo radiograph with UIDs of its own, of the same length. */
function renumbered(study: number): Uint8Array {
  const bytes = Buffer.from(template);
  const tail = String(study).padStart(9, '0');
  const uids = new Set(bytes.toString('latin1').match(/1\.2\.826\.0\.1\.3680043\.8\.498\.\d{20,}/g));
  for (const uid of uids) {
    const next = uid.slice(0, -tail.length) + tail;
    for (let at = bytes.indexOf(uid); at >= 0; at = bytes.indexOf(uid, at + 1))
      bytes.write(next, at, 'latin1');
  }
  return bytes;
}

interface ReportReceiver {
  readonly server: Server;
  /** The moment at which the next request begins to arrive. */
  next(): Promise<number>;
}

async function reportReceiver(): Promise<ReportReceiver> {
  let arrived: (atMs: number) => void = () => {};
  const server = createServer((request, answer) => {
    arrived(performance.now());
    request.resume();
    request.on('end', () => {
      answer.setHeader('content-type', 'application/fhir+json');
      answer.end('{"resourceType":"Bundle","type":"transaction-response"}');
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    server,
    next: () =>
      new Promise((resolve) => {
        arrived = resolve;
      }),
  };
}
