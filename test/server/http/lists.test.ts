import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Store } from '../../../core/ports/index.ts';
import { exampleMessage, startServer, type TestServer } from './harness.ts';

/** The store, and which of its methods the door called. */
const called: string[] = [];
const watched = (store: Store): Store =>
  new Proxy(store, {
    get(target, name: keyof Store) {
      called.push(name);
      const member = target[name];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ options: (base) => ({ ...base, store: watched(base.store) }) });
  const body = { kind: 'inline' as const, bytes: new Uint8Array(100_000).fill(65) };
  const { id } = await server.store.accept(exampleMessage({ body }));
  const lease = (await server.store.leaseChannel('adt-orders', 'test', 60_000))!;
  const delivery = {
    destination: 'ehr',
    lanes: [],
    priority: 0,
    dueAtMs: 1,
    expiresAtMs: 2,
    contentType: 'application/fhir+json',
    body,
  };
  await server.store.commitProcessed(lease, [
    { id, status: 'processed', processedAtMs: 1, deliveries: [delivery], states: [], items: [], timers: [] },
  ]);
});
afterAll(() => server.stop());

test('a lineage tells deliveries without reading a body', async () => {
  called.length = 0;
  const answer = (await (await server.get('/api/messages/1/lineage')).json()) as {
    deliveries: { bodyBytes: number; history: unknown[] }[];
  };
  expect(answer.deliveries).toMatchObject([{ bodyBytes: 100_000, history: [] }]);
  expect(called.filter((method) => ['searchDeliveries', 'getDelivery'].includes(method))).toEqual([]);
});

test.each([
  ['messages', 'listMessages', ['searchMessages', 'getMessage']],
  ['deliveries', 'listDeliveries', ['searchDeliveries', 'getDelivery']],
])('GET /api/%s tells sizes without reading a body', async (name, list, readers) => {
  called.length = 0;
  const answer = (await (await server.get(`/api/${name}?limit=1000`)).json()) as {
    [name: string]: { bodyBytes: number; body?: unknown; bodySize?: unknown }[];
  };
  expect(answer[name]).toHaveLength(1);
  expect(answer[name]![0]).toMatchObject({ bodyBytes: 100_000 });
  expect(answer[name]![0]).not.toHaveProperty('body');
  expect(answer[name]![0]).not.toHaveProperty('bodySize');
  expect(called).toContain(list);
  expect(called.filter((method) => readers.includes(method))).toEqual([]);
});
