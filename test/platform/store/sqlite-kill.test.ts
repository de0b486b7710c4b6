import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { MessageId } from '../../../core/ids.ts';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { systemClock } from './system-clock.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, '..', '..', '..', 'dist');
const isBuilt = existsSync(join(dist, 'platform/store/sqlite/writer-thread.js'));

/** Runs the child until it has acknowledged `count` messages, kills it, and answers what it printed. */
function killAfter(folder: string, count: number): Promise<readonly (readonly [id: number, key: string])[]> {
  const child = spawn(process.execPath, [join(here, 'kill-child.mjs'), dist, folder]);
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
      else resolve(lines.map((line) => [Number(line.split(' ')[0]), line.split(' ')[1]!] as const));
    });
  });
}

describe('SQLite: a killed process', () => {
  (isBuilt ? test : test.skip)(
    'loses nothing that it acknowledged, and leaves no lock (needs dist)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bithive-kill-'));
      for (const count of [40, 900, 3000]) {
        const acknowledged = await killAfter(folder, count);
        const store = await openSqliteStore({
          folder,
          clock: systemClock,
          logger: silentLogger,
          diskFreeBytesMin: 0,
        });
        for (const [id, key] of acknowledged) {
          expect((await store.getMessage(id as MessageId))?.dedupe?.key).toBe(key);
        }
        const last = acknowledged.at(-1)!;
        const found = await store.searchMessages({
          keys: [{ name: 'control-id', value: last[1] }],
          limit: 2,
        });
        expect(found.map((m) => m.id as number)).toEqual([last[0]]);
        await store.close();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  );
});
