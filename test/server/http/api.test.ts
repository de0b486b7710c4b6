import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseBlobHash } from '../../../core/ids.ts';
import { exampleMessage, startServer, type TestServer } from './harness.ts';

let server: TestServer;
let id: number;
let blobId: number;

beforeAll(async () => {
  server = await startServer();
  id = (await server.store.accept(exampleMessage())).id;
  const hash = parseBlobHash('a'.repeat(64))!;
  const blob = exampleMessage({
    contentType: 'text/html',
    body: { kind: 'blob', hash, bytesCount: 9 },
    searchKeys: [['accession', 'A-1']],
    channel: 'imaging-ai',
    receivedAtMs: Date.UTC(2026, 5, 1),
  });
  blobId = (await server.store.accept(blob)).id;
});
afterAll(() => server.stop());

const lastAudit = async () => (await server.store.readAudit(1, 1000)).at(-1);
const json = async (path: string, init?: RequestInit) => (await server.get(path, init)).json();
const post = (path: string, body: unknown) =>
  server.get(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

describe('messages', () => {
  test.each([
    ['mrn=P-100', () => [id]],
    ['accession=A-1', () => [blobId]],
    ['mrn=P-100&control-id=C1', () => [id]],
    ['mrn=P-100&control-id=C2', () => []],
    ['channel=imaging-ai', () => [blobId]],
    ['status=received', () => [blobId, id]],
    ['status=quarantined', () => []],
    ['since=2026-05-01T00:00:00Z', () => [blobId]],
    [`until=${Date.UTC(2026, 4, 1)}`, () => [id]],
    ['limit=1', () => [blobId]],
    [`before=2`, () => [id]],
  ])('search by %s', async (query, expected) => {
    const { messages } = (await json(`/api/messages?${query}`)) as { messages: { id: number }[] };
    expect(messages.map((message) => message.id)).toEqual(expected());
  });

  test('a search leaves who looked for whom, and what was shown', async () => {
    await json('/api/messages?mrn=P-100');
    expect(await lastAudit()).toMatchObject({
      action: 'read',
      operation: 'message.search',
      agent: 'api-token',
      from: '127.0.0.1',
      outcome: 'success',
      entities: { mrn: 'P-100', found: [id] },
    });
  });

  test('one message is shown without its body', async () => {
    const message = (await json(`/api/messages/${id}`)) as Record<string, unknown>;
    expect(message).toMatchObject({
      id,
      type: 'ADT^A04',
      status: 'received',
      bodyBytes: 19,
      receivedAt: '2026-01-02T03:04:05.000Z',
      searchKeys: expect.arrayContaining([{ name: 'mrn', value: 'P-100' }]),
    });
    expect(message).not.toHaveProperty('body');
    expect(await lastAudit()).toMatchObject({ operation: 'message.read', entities: { id } });
  });

  test('its bytes are a file to save', async () => {
    const answer = await server.get(`/api/messages/${id}/body`);
    expect(await answer.text()).toBe('MSH|^~\\&|HIS|NORTH\r');
    expect(answer.headers.get('content-type')).toBe('x-application/hl7-v2+er7');
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="message-${id}"`);
    expect(await lastAudit()).toMatchObject({ operation: 'message.body', entities: { id } });
  });

  test('bytes that a browser would run leave as bytes', async () => {
    const answer = await server.get(`/api/messages/${blobId}/body`);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(await answer.text()).toBe('blob body');
  });

  test('lineage names where it came from and what became of it', async () => {
    expect(await json(`/api/messages/${id}/lineage`)).toEqual({
      id,
      parents: [],
      children: [],
      deliveries: [],
    });
  });

  test('replay accepts it again and says as what', async () => {
    const answer = await post(`/api/messages/${id}/replay`, {});
    expect([answer.status, await answer.json()]).toEqual([202, { id: 1001, replayOf: id }]);
    expect(server.replays).toEqual([id]);
    expect(await lastAudit()).toMatchObject({
      operation: 'message.replay',
      entities: { id, replayedAs: 1001 },
    });
  });

  test('a failed read is an event too', async () => {
    expect((await server.get('/api/messages/4711')).status).toBe(404);
    expect(await lastAudit()).toMatchObject({
      operation: 'message.read',
      outcome: 'failed',
      entities: { id: 4711 },
    });
  });
});

describe('deliveries', () => {
  let deliveryId: number;
  beforeAll(async () => {
    const { store } = server;
    const lease = (await store.leaseChannel('adt-orders', 'test', 60_000))!;
    const {
      ids: [deliveries],
    } = await store.commitProcessed(lease, [
      {
        id: id as never,
        status: 'processed',
        processedAtMs: Date.now(),
        deliveries: [
          {
            destination: 'fhir',
            lanes: [],
            priority: 0,
            dueAtMs: 0,
            expiresAtMs: Date.now() + 1e9,
            contentType: 'application/fhir+json',
            body: { kind: 'inline', bytes: Buffer.from('{}') },
          },
        ],
        states: [],
        items: [],
        timers: [],
        report: { residue: ['ZZZ-1'] },
      },
    ]);
    deliveryId = deliveries![0]!;
  });

  test('are found, shown and part of the lineage', async () => {
    const { deliveries } = (await json('/api/deliveries?destination=fhir')) as { deliveries: object[] };
    expect(deliveries).toEqual([
      expect.objectContaining({ id: deliveryId, messageId: id, state: 'due', bodyBytes: 2 }),
    ]);
    expect(await json(`/api/deliveries/${deliveryId}`)).toMatchObject({ id: deliveryId, history: [] });
    expect(await (await server.get(`/api/deliveries/${deliveryId}/body`)).text()).toBe('{}');
    expect(await json(`/api/messages/${id}/lineage`)).toMatchObject({
      deliveries: [{ id: deliveryId, history: [] }],
      report: { residue: ['ZZZ-1'] },
    });
  });

  test('an operator decides, once', async () => {
    const answer = await post(`/api/deliveries/${deliveryId}/resolve`, { word: 'cancel' });
    expect(await answer.json()).toMatchObject({ id: deliveryId, state: 'cancelled' });
    expect(await lastAudit()).toMatchObject({
      action: 'update',
      operation: 'delivery.resolve',
      entities: { id: deliveryId, word: 'cancel', before: 'due' },
    });
    const again = await post(`/api/deliveries/${deliveryId}/resolve`, { word: 'cancel' });
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([
      409,
      'BH_HTTP_CONFLICT',
    ]);
    expect((await post(`/api/deliveries/${deliveryId}/resolve`, { word: 'perhaps' })).status).toBe(400);
  });
});

describe('operations', () => {
  test('depths, status, audit', async () => {
    expect(await json('/api/depths')).toMatchObject({
      channels: expect.any(Array),
      destinations: expect.any(Array),
    });
    expect(await json('/api/status')).toEqual({ version: '0.0.0' });
    const { events } = (await json('/api/audit?from=1&limit=2')) as { events: { seq: number }[] };
    expect(events.map((event) => event.seq)).toEqual([1, 2]);
  });

  test('a backup goes where the operator says', async () => {
    const answer = await post('/api/backup', { folder: '/var/backup/1' });
    expect(await answer.json()).toEqual({ folder: '/var/backup/1', throughMessageId: 1 });
    expect(server.backups).toEqual(['/var/backup/1']);
  });

  test('metrics know routes, not addresses', async () => {
    await server.get('/api/messages/123456');
    const text = await (await server.get('/metrics')).text();
    expect(text).toContain('route="/api/messages/:id"');
    expect(text).not.toContain('123456');
  });
});

test('no answer leaves before its audit event is durable', async () => {
  const order: string[] = [];
  const slow = await startServer({
    options: (options) => ({
      ...options,
      audit: {
        async record(event) {
          await new Promise((done) => setTimeout(done, 50));
          await options.audit.record(event);
          order.push('durable');
        },
      },
    }),
  });
  await slow.get('/api/messages?mrn=1');
  order.push('answered');
  await slow.stop();
  expect(order).toEqual(['durable', 'answered']);
});

test('when the audit trail cannot be written, nothing is shown', async () => {
  const broken = await startServer({
    options: (options) => ({ ...options, audit: { record: () => Promise.reject(new TypeError('disk')) } }),
  });
  await broken.store.accept(exampleMessage());
  const answer = await broken.get('/api/messages?mrn=P-100');
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('P-100');
  await broken.stop();
});
