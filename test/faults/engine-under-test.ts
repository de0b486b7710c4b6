import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineApi } from '../crash/engine-api.ts';
import { type ReadyEngine, startEngine } from '../crash/engine-child.ts';

/** The two doors, with all that the engine does behind them and nobody outside. */
const channels: Readonly<Record<string, string>> = {
  'adt.yaml': [
    'channel: adt',
    'source: { hl7v2: {} }',
    'key: "PID-3.1"',
    'steps: [ { map: hl7v2-to-fhir } ]',
    'to: [ { "null": { takes: "application/fhir+json" } } ]',
    '',
  ].join('\n'),
  'images.yaml': [
    'channel: images',
    'source: { dicomweb: {} }',
    'key: StudyInstanceUID',
    'to: [ { "null": {} } ]',
    '',
  ].join('\n'),
};

export interface TestedEngine extends ReadyEngine {
  readonly token: string;
  readonly api: EngineApi;
  /** Its own process, whatever program was put in front of it. */
  readonly pid: number;
}

export interface TestedEngineOptions {
  /** Holds the channel files and, by default, the data folder. */
  readonly folder: string;
  readonly data?: string;
  readonly settings?: readonly string[];
  readonly prefix?: readonly string[];
}

export async function startTested(options: TestedEngineOptions): Promise<TestedEngine> {
  const channelFolder = join(options.folder, 'channels');
  mkdirSync(channelFolder, { recursive: true });
  for (const [name, text] of Object.entries(channels)) writeFileSync(join(channelFolder, name), text);
  const data = options.data ?? join(options.folder, 'data');
  const settings = ['--data', data, '--channels-folder', channelFolder, '--http-port', '0'];
  const all = [
    ...settings,
    '--hl7v2-port',
    '0',
    '--dimse-port',
    '0',
    '--log-level',
    'error',
    ...(options.settings ?? []),
  ];
  // libuv may hand file work to io_uring, which no trace of system calls shows.
  const environment = { PATH: process.env.PATH, UV_USE_IO_URING: '0' };
  const engine = await startEngine(all, environment, options.prefix);
  const token = readFileSync(engine.tokenFile, 'utf8').trim();
  const pid = Number(readFileSync(join(data, 'engine.pid'), 'utf8'));
  return { ...engine, token, pid, api: new EngineApi(engine.httpUrl, token) };
}

/** SIGTERM to the engine itself; resolves when it has ended. */
export async function stopTested(engine: TestedEngine): Promise<void> {
  const child = engine.process;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(engine.pid, 'SIGTERM');
  await gone;
}

/** Status of /readyz; 0 when nobody answers. */
export async function readyStatus(engine: ReadyEngine): Promise<number> {
  try {
    const answer = await fetch(`${engine.httpUrl}/readyz`);
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}
