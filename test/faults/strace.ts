import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CallListener, TraceCalls } from './trace-calls.ts';

/**
 * Whether strace can trace here. Where it is missing it is installed only for root in CI (`CI=true`) or when asked by `--install`.
 */
export function hasStrace(): boolean {
  if (works()) return true;
  const mayInstall =
    process.getuid?.() === 0 && (process.env.CI === 'true' || process.argv.includes('--install'));
  if (!mayInstall) return false;
  spawnSync('apt-get', ['update'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'strace'], { stdio: 'ignore' });
  return works();
}

function works(): boolean {
  return spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0;
}

const traced = 'fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg,rename,link,mkdir,openat,unlink';
/** A page of the database, and an answer with the acknowledgements of a whole read. */
const stringBytes = 16_384;

/** What to put in front of a program so that its calls go into the pipe file. strace is its grandchild: signals reach it. */
export const straceInFront = (pipe: string, more: readonly string[] = []): readonly string[] => [
  'strace',
  '-D',
  '-f',
  '--seccomp-bpf',
  '-y',
  '-s',
  String(stringBytes),
  '-e',
  `trace=${traced}`,
  ...more,
  '-o',
  pipe,
];

/** Reads a trace as it is written; nothing of it is kept. `ended` resolves when the traced process is gone. */
export function followTrace(
  folder: string,
  ...listeners: readonly CallListener[]
): { readonly pipe: string; readonly ended: Promise<void>; readonly lines: () => number } {
  const pipe = join(folder, 'trace.pipe');
  execFileSync('mkfifo', [pipe]);
  const calls = new TraceCalls(listeners);
  let count = 0;
  const lines = createInterface({ input: createReadStream(pipe, { encoding: 'latin1' }), crlfDelay: 0 });
  lines.on('line', (line) => {
    count += 1;
    calls.line(line);
  });
  const ended = new Promise<void>((resolve) => lines.once('close', () => resolve()));
  return { pipe, ended, lines: () => count };
}

/** Makes calls of a running process fail until `stop`. Resolves when every thread is held. */
export async function injectFault(
  pid: number,
  fault: string,
): Promise<{ readonly stop: () => Promise<void> }> {
  const child = spawn(
    'strace',
    ['-f', '-p', String(pid), '-e', `trace=${fault.split(':')[0]}`, '-e', `inject=${fault}`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await attached(child);
  return {
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await gone;
    },
  };
}

function attached(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new TypeError(`strace ended (${code})`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('attached')) resolve();
    });
  });
}
