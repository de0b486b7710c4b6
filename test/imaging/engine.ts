import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../server/package-root.ts';
import { EngineApi } from '../crash/engine-api.ts';
import { endWithUs } from './end-with-us.ts';

export interface EngineOptions {
  /** Name of the channel file to its text. Absent: the channels that come with the engine. */
  readonly channels?: Readonly<Record<string, string>>;
  /** The site file, as an object: JSON is YAML. */
  readonly site?: object;
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Door {
  readonly channel?: string;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}

/** The engine as a hospital runs it: the compiled program in a process of its own, with a site file and channel files. */
export interface RunningEngine {
  readonly folder: string;
  readonly data: string;
  readonly token: string;
  readonly httpUrl: string;
  readonly api: EngineApi;
  readonly process: ChildProcess;
  /** What it has said on standard error. */
  log(): string;
  port(protocol: string): number;
  /** Asks it to stop; its exit code. The folder stays. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

/** The compiled command line, from the source tree and from `dist`. */
export const compiledMain = join(packageRoot, 'dist/server/cli/main.js');
const logCharactersMax = 100_000;

interface ReadyLine {
  readonly listening: readonly Door[];
  readonly tokenFile: string;
}

export async function startEngine(options: EngineOptions, folder = newFolder()): Promise<RunningEngine> {
  const channels = options.channels === undefined ? [] : channelFolder(folder, options.channels);
  const site = join(folder, 'site.yaml');
  writeFileSync(site, JSON.stringify(options.site ?? {}));
  const data = join(folder, 'data');
  const flags = ['--config', site, '--data', data, ...channels, '--http-port', '0'];
  const more = [
    '--hl7v2-port',
    '0',
    '--dimse-port',
    '0',
    '--disk-free-bytes-min',
    '0',
    ...(options.flags ?? []),
  ];
  const child = spawn(process.execPath, [compiledMain, 'serve', ...flags, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...options.environment },
  });
  endWithUs(child);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-logCharactersMax);
  });
  const ready = await readyLine(child, () => log);
  const port = (protocol: string): number => {
    const door = ready.listening.find((one) => one.protocol === protocol);
    if (door) return door.port;
    throw new TypeError(`no ${protocol} door: ${JSON.stringify(ready.listening)}`);
  };
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  const token = readFileSync(ready.tokenFile, 'utf8').trim();
  const httpUrl = `http://127.0.0.1:${port('http')}`;
  return {
    folder,
    data,
    token,
    httpUrl,
    api: new EngineApi(httpUrl, token),
    process: child,
    log: () => log,
    port,
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
    async close() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function channelFolder(folder: string, files: Readonly<Record<string, string>>): readonly string[] {
  const channels = join(folder, 'channels');
  mkdirSync(channels, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(channels, name), text);
  return ['--channels-folder', channels];
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'bithive-imaging-'));

function readyLine(child: ChildProcess, log: () => string): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) =>
      reject(new TypeError(`the engine ended (${code ?? signal}) before it was ready\n${log()}`)),
    );
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
      if (line.includes('"ready"')) resolve(JSON.parse(line) as ReadyLine);
    });
  });
}
