import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { message } from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

const options = { clock: systemClock, logger: silentLogger, diskFreeBytesMin: 0 };

/** Names of the files that hold patients and that somebody else may open. */
function openToOthers(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('bithive.db'))
    .filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0);
}

test('database, log and backup are closed to others, in a folder that is open and under any umask', async () => {
  const root = mkdtempSync(join(tmpdir(), 'bithive-files-'));
  const folder = join(root, 'data');
  const copy = join(root, 'copy');
  mkdirSync(folder, { mode: 0o755 });
  const umask = process.umask(0);
  try {
    const store = await openSqliteStore({ ...options, folder });
    await store.accept(message());
    expect(readdirSync(folder)).toContain('bithive.db-wal');
    expect(openToOthers(folder)).toEqual([]);
    await store.backup(copy);
    expect(openToOthers(copy)).toEqual([]);
    expect(statSync(copy).mode & 0o777).toBe(0o700);
    await store.close();
  } finally {
    process.umask(umask);
    rmSync(root, { recursive: true, force: true });
  }
});

test('a database that was open to others is closed to them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-files-'));
  await (await openSqliteStore({ ...options, folder })).close();
  chmodSync(join(folder, 'bithive.db'), 0o644);
  const store = await openSqliteStore({ ...options, folder });
  await store.accept(message());
  expect(openToOthers(folder)).toEqual([]);
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
