import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Store, type StoredAuditEvent, silentLogger } from '../../../core/ports/index.ts';
import { createStoreAudit } from '../../../platform/audit/store-audit.ts';
import { verifyAudit } from '../../../platform/audit/verify-audit.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';

let folder: string;
let store: Store;
let trail: readonly StoredAuditEvent[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-audit-'));
  store = await openSqliteStore({
    folder,
    clock: systemClock,
    logger: silentLogger,
    writer: 'inline',
    diskFreeBytesMin: 0,
  });
  const audit = createStoreAudit(store);
  for (let at = 1; at <= 5; at += 1) {
    await audit.record({
      action: 'read',
      operation: 'message.read',
      agent: 'nurse-7',
      outcome: 'success',
      atMs: at,
      entities: { id: at, found: [1, 2], name: 'Müller "x"' },
    });
  }
  trail = await store.readAudit(1, 10);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const of = (events: readonly StoredAuditEvent[]): Pick<Store, 'readAudit'> => ({
  readAudit: async (from, limit) => events.filter(({ seq }) => seq >= from).slice(0, limit),
});

test('an untouched trail verifies', async () => {
  expect(await verifyAudit(store)).toEqual({ events: 5, lastHash: trail[4]!.hash });
  expect((await verifyAudit(of([]))).events).toBe(0);
});

test.each<[string, (events: StoredAuditEvent[]) => StoredAuditEvent[], string]>([
  ['changed', (events) => events.with(2, { ...events[2]!, agent: 'nurse-8' }), 'event 3'],
  ['changed deep inside', (events) => events.with(2, { ...events[2]!, entities: { id: 4 } }), 'event 3'],
  ['removed', (events) => events.toSpliced(1, 1), 'event 2 is missing'],
  [
    'removed and the rest renumbered',
    (events) => events.toSpliced(1, 1).map((e, at) => ({ ...e, seq: at + 1 })),
    'event 2',
  ],
  [
    'put in',
    (events) => events.toSpliced(1, 0, events[1]!).map((e, at) => ({ ...e, seq: at + 1 })),
    'event 3',
  ],
])('an event that was %s is named', async (_what, change, named) => {
  await expect(verifyAudit(of(change([...trail])))).rejects.toMatchObject({
    code: 'BH_AUDIT_CHAIN',
    detail: expect.stringContaining(named),
  });
});
