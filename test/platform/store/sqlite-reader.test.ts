import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteReader, openSqliteStore } from '../../../platform/store/index.ts';
import { keys, message } from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

test('a reader sees what the owner committed, beside it and after it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-reader-'));
  await expect(openSqliteReader(folder)).rejects.toMatchObject({ code: 'BH_STORE_NOT_FOUND' });
  const store = await openSqliteStore({
    folder,
    clock: systemClock,
    logger: silentLogger,
    diskFreeBytesMin: 0,
  });
  const { id } = await store.accept(message(keys(['mrn', '4711'])));
  const search = async () => {
    const reader = await openSqliteReader(folder);
    const found = await reader.searchMessages({ keys: [{ name: 'mrn', value: '4711' }], limit: 5 });
    await reader.close();
    return found.map((one) => one.id);
  };
  expect(await search()).toEqual([id]);
  await store.close();
  expect(await search()).toEqual([id]);
  rmSync(folder, { recursive: true, force: true });
});
