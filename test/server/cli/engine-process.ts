import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The compiled command line, as an operator has it. */
export const compiledMain = join(import.meta.dirname, '../../../dist/server/cli/main.js');

export interface Door {
  readonly channel?: string;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly path?: string;
}

export interface EngineProcess {
  readonly ready: { readonly ready: true; readonly listening: readonly Door[]; readonly data: string };
  readonly token: string;
  /** Asks it to stop; its exit code. */
  stop(): Promise<number | null>;
}

/** `bithive serve` in a process of its own; ready when its line is there. Rejects with what it said when it ends before. */
export async function serveProcess(data: string, argv: readonly string[]): Promise<EngineProcess> {
  const flags = [
    '--data',
    data,
    '--http-port',
    '0',
    '--hl7v2-port',
    '0',
    '--dimse-port',
    '0',
    '--disk-free-bytes-min',
    '0',
  ];
  const child: ChildProcess = spawn(process.execPath, [compiledMain, 'serve', ...flags, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  let said = '';
  child.stderr?.on('data', (bytes) => {
    said += String(bytes);
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new TypeError(`serve ended: ${said}`)));
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => {}); // From here on its end is asked for.
  const ready = JSON.parse(line) as EngineProcess['ready'];
  return {
    ready,
    token: (await readFile(join(data, 'api-token'), 'utf8')).trim(),
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    },
  };
}

/** One command in a process of its own. */
export function command(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [compiledMain, ...argv],
      { env: { PATH: process.env.PATH, ...environment } },
      (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err });
      },
    );
  });
}
