import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The compiled engine, which programs in a process of their own run from; `npm test` builds it first. */
export const dist = join(import.meta.dirname, '..', '..', '..', 'dist');
export const isBuilt = existsSync(join(dist, 'platform/store/index.js'));

const withinMs = 60_000;

/** Runs a program until it has printed more than `count` lines, kills it, and answers the lines. */
export function killAfter(program: string, where: string, count: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, dist, where], { timeout: withinMs, killSignal: 'SIGKILL' });
  let printed = '';
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.split('\n').length > count) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const lines = printed.split('\n').slice(0, -1);
      if (lines.length < count) reject(new TypeError(`the child ended early: ${complaint}`));
      else resolve(lines);
    });
  });
}
