import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { limits } from '../../../core/limits.ts';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { claim, deliver, delivery, startMs } from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

const yearMs = 365 * 86_400_000;

test('a process that died while the clock was a year ahead holds nothing for a year', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-clock-'));
  let nowMs = startMs + yearMs;
  const clock = { ...systemClock, nowMs: () => nowMs };
  const open = () =>
    openSqliteStore({ folder, clock, logger: silentLogger, writer: 'inline', diskFreeBytesMin: 0 });
  const dead = await open();
  const lease = await dead.leaseChannel('adt', 'dead', limits.leaseMs);
  const [id] = await deliver(dead, lease!, [delivery()]);
  await claim(dead, { nowMs, owner: 'dead' });
  await dead.close();

  nowMs = startMs;
  const store = await open();
  expect(await store.leaseChannel('adt', 'next', limits.leaseMs)).toBeNull();
  nowMs += limits.leaseMs;
  expect(await store.leaseChannel('adt', 'next', limits.leaseMs)).toMatchObject({ owner: 'next', epoch: 2 });
  expect((await claim(store, { nowMs })).map((one) => one.id)).toEqual([id]);
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
