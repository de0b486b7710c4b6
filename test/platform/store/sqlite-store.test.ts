import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { systemClock } from './system-clock.ts';

test('smoke', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-store-'));
  const store = await openSqliteStore({ folder, clock: systemClock, logger: silentLogger });
  const message = (n: number) => ({
    channel: 'a',
    channelVersion: 1,
    kind: 'hl7v2' as const,
    type: 'ADT^A04',
    sender: 's',
    contentType: 'x',
    receivedAtMs: 1000 + n,
    body: { kind: 'inline' as const, bytes: new TextEncoder().encode('MSH') },
    searchKeys: [
      ['mrn', `${n}`],
      ['control-id', `c${n}`],
    ] as [['mrn', string], ['control-id', string]],
    keys: [`k${n}`],
    dedupe: { key: `c${n}`, contentHash: 'h' },
  });
  for (let r = 0; r < 5; r++)
    await Promise.all(Array.from({ length: 1000 }, (_, n) => store.accept(message(r * 1000 + n))));
  expect(await store.accept(message(7))).toMatchObject({ outcome: 'duplicate', id: 8 });
  expect(
    (await store.searchMessages({ keys: [{ name: 'mrn', value: '77' }], limit: 10 })).map((m) => m.id),
  ).toEqual([78]);
  expect(
    (await store.searchMessages({ keys: [{ name: 'mrn', value: '4999' }], limit: 10 })).map((m) => m.id),
  ).toEqual([5000]);
  expect((await store.searchMessages({ type: 'ADT^A04', limit: 3 })).map((m) => m.id)).toEqual([
    5000, 4999, 4998,
  ]);
  expect((await store.nextMessages('a', 2)).map((m) => m.id)).toEqual([1, 2]);
  expect(await store.depths(0)).toMatchObject({ channels: [{ channel: 'a', received: 5000 }] });
  await store.close();
  await rm(folder, { recursive: true });
});
