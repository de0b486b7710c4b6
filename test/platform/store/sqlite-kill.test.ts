import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { MessageId } from '../../../core/ids.ts';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { isBuilt, killAfter } from './kill-after.ts';
import { systemClock } from './system-clock.ts';

const program = join(import.meta.dirname, 'kill-child.mjs');

describe('SQLite: a killed process', () => {
  (isBuilt ? test : test.skip)(
    'loses nothing that it acknowledged, and leaves no lock (needs dist)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bithive-kill-'));
      for (const count of [40, 900, 3000]) {
        const lines = await killAfter(program, folder, count);
        const acknowledged = lines.map((line) => [Number(line.split(' ')[0]), line.split(' ')[1]!] as const);
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
