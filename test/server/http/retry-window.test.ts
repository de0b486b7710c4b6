import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DeliveryId } from '../../../core/ids.ts';
import { exampleMessage, startServer, type TestServer } from './harness.ts';

const hourMs = 3_600_000;
const windowMs = 72 * hourMs;
const bornMs = Date.now() - 100 * hourMs;
let server: TestServer;
let id: DeliveryId;

beforeAll(async () => {
  server = await startServer();
  const { store } = server;
  const message = await store.accept(exampleMessage());
  const channel = (await store.leaseChannel('adt-orders', 'test', 60_000))!;
  const { ids } = await store.commitProcessed(channel, [
    {
      id: message.id,
      status: 'processed',
      processedAtMs: bornMs,
      deliveries: [
        {
          destination: 'fhir',
          lanes: ['ehr|P-100'],
          priority: 0,
          dueAtMs: bornMs,
          expiresAtMs: bornMs + windowMs,
          contentType: 'application/fhir+json',
          body: { kind: 'inline', bytes: Buffer.from('{}') },
        },
      ],
      states: [],
      items: [],
      timers: [],
    },
  ]);
  id = ids[0]![0]!;
});
afterAll(() => server.stop());

/** One attempt that ends as dead. */
async function fail(): Promise<void> {
  const { store } = server;
  const request = { channel: 'adt-orders', destination: 'fhir', owner: 'test', leaseMs: 60_000, limit: 1 };
  const [leased] = await store.leaseDeliveries({ ...request, nowMs: Date.now() });
  const error = { code: 'BH_DELIVERY_EXPIRED', detail: 'too late' } as const;
  await store.settleDelivery(leased!, { outcome: { kind: 'dead', error }, atMs: Date.now() });
}

const retry = async () => {
  const answer = await server.get(`/api/deliveries/${id}/resolve`, {
    method: 'POST',
    body: JSON.stringify({ word: 'retry' }),
    headers: { 'content-type': 'application/json' },
  });
  return (await answer.json()) as { state: string; attempts: number; expiresAt: string };
};

test('a dead delivery that is brought back has its whole window again, and the trail says until when', async () => {
  await fail();
  const beforeMs = Date.now();
  const again = await retry();
  const untilMs = Date.parse(again.expiresAt);
  expect(again).toMatchObject({ state: 'due', attempts: 1 });
  // Not the old end, which lies 28 hours back: the first failure would end it at once.
  expect(untilMs).toBeGreaterThanOrEqual(beforeMs + windowMs);
  expect(untilMs).toBeLessThanOrEqual(Date.now() + windowMs);
  expect((await server.store.readAudit(1, 100)).at(-1)).toMatchObject({
    operation: 'delivery.resolve',
    entities: { id, word: 'retry', before: 'dead', expiresAt: again.expiresAt },
  });
});

test('one that waits is only tried at once: its window stays', async () => {
  const { expiresAtMs } = (await server.store.getDelivery(id))!;
  expect(Date.parse((await retry()).expiresAt)).toBe(expiresAtMs);
});

test('brought back once more it has at least as long; its attempts go on counting', async () => {
  await fail();
  const beforeMs = Date.now();
  const again = await retry();
  expect(again.attempts).toBe(2);
  expect(Date.parse(again.expiresAt)).toBeGreaterThanOrEqual(beforeMs + windowMs);
});
