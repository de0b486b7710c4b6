import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import { jsonText } from './json-text.ts';

const main = fileURLToPath(new URL('../sandbox-ehr/main.js', import.meta.url));

/** What it prints when it listens (sandbox-ehr/main.ts). */
const readyLine = jsonText.pipe(z.object({ url: z.url() }));

/** The sandbox EHR in a process of its own, as a real one would be. */
export interface EhrProcess {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startEhrProcess(): Promise<EhrProcess> {
  const child = spawn(process.execPath, [main, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await readyUrl(child);
  return {
    url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = () => reject(new BitHiveError('BH_DELIVERY_UNREACHABLE', 'the sandbox EHR did not start'));
    child.once('error', failed);
    child.once('exit', failed);
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).once('line', (line) => {
      const ready = readyLine.safeParse(line);
      if (ready.success) resolve(ready.data.url);
      else failed();
    });
  });
}
