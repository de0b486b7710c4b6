import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiPermissions, permits } from '../../../server/http/permissions.ts';
import { createRateLimit } from '../../../server/http/rate-limit.ts';
import { echoSource, startServer, type TestServer } from './harness.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test('a route that declares no permission does not register', async () => {
  const rogue = startServer({
    options: (given) => ({
      ...given,
      // Reaches past its own scope to the root, as a careless plugin would.
      sources: [
        { ...echoSource, register: (app) => void Object.getPrototypeOf(app).get('/open', async () => 'all') },
      ],
    }),
  });
  await expect(rogue).rejects.toThrow('route GET /open declares no permission');
});

test('the OpenAPI document covers every route', async () => {
  const document = (await (await server.get('/openapi.json')).json()) as {
    openapi: string;
    paths: { [path: string]: { [method: string]: { summary: string; security?: unknown[] } } };
  };
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(operations.sort()).toEqual([
    'GET /api/audit',
    'GET /api/deliveries',
    'GET /api/deliveries/{id}',
    'GET /api/deliveries/{id}/body',
    'GET /api/depths',
    'GET /api/mapping/versions',
    'GET /api/messages',
    'GET /api/messages/{id}',
    'GET /api/messages/{id}/body',
    'GET /api/messages/{id}/explain',
    'GET /api/messages/{id}/lineage',
    'GET /api/status',
    'GET /api/studies/held',
    'GET /api/studies/{uid}',
    'GET /dicomweb/instances',
    'GET /dicomweb/series',
    'GET /dicomweb/studies',
    'GET /dicomweb/studies/{study}',
    'GET /dicomweb/studies/{study}/instances',
    'GET /dicomweb/studies/{study}/metadata',
    'GET /dicomweb/studies/{study}/series',
    'GET /dicomweb/studies/{study}/series/{series}',
    'GET /dicomweb/studies/{study}/series/{series}/instances',
    'GET /dicomweb/studies/{study}/series/{series}/instances/{instance}',
    'GET /dicomweb/studies/{study}/series/{series}/instances/{instance}/bulkdata/{value}',
    'GET /dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}',
    'GET /dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered',
    'GET /dicomweb/studies/{study}/series/{series}/instances/{instance}/metadata',
    'GET /dicomweb/studies/{study}/series/{series}/instances/{instance}/rendered',
    'GET /dicomweb/studies/{study}/series/{series}/instances/{instance}/thumbnail',
    'GET /dicomweb/studies/{study}/series/{series}/metadata',
    'GET /healthz',
    'GET /metrics',
    'GET /openapi.json',
    'GET /readyz',
    'POST /api/backup',
    'POST /api/deliveries/{id}/resolve',
    'POST /api/mapping/deploy',
    'POST /api/mapping/diff',
    'POST /api/mapping/rollback',
    'POST /api/messages/{id}/replay',
    'POST /api/studies/{uid}/complete',
    'POST /api/studies/{uid}/reject',
    'POST /api/studies/{uid}/release',
    'POST /echo/json',
  ]);
  const open = Object.entries(document.paths).filter(([, methods]) => methods.get?.security?.length === 0);
  expect(open.map(([path]) => path).sort()).toEqual(['/healthz', '/openapi.json', '/readyz']);
});

test('every route that the document does not call open asks for a token', async () => {
  const { paths } = (await (await server.get('/openapi.json')).json()) as {
    paths: { [path: string]: { [method: string]: { security?: unknown[] } } };
  };
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      if (security?.length === 0) continue;
      const answer = await fetch(`${server.url}${path.replaceAll(/\{\w+\}/g, '1')}`, {
        method: method.toUpperCase(),
      });
      expect([path, answer.status]).toEqual([path, 401]);
    }
  }
});

test('roles grant what they name and nothing else', () => {
  const rights = (role: Parameters<typeof permits>[0]['roles'][number]) =>
    apiPermissions.filter((permission) => permits({ subject: 'x', roles: [role] }, permission));
  expect(rights('ingest')).toEqual([]);
  expect(rights('reader')).toEqual(['message:read', 'delivery:read', 'status:read', 'metrics:read']);
  expect(rights('operator')).toEqual([
    ...rights('reader').toSpliced(1, 0, 'message:replay').toSpliced(3, 0, 'delivery:resolve'),
    'study:decide',
  ]);
  expect(rights('auditor')).toEqual(['status:read', 'audit:read']);
  expect(rights('admin')).toEqual([...apiPermissions]);
  expect(permits({ subject: 'x', roles: ['reader'] }, 'ingest:/fhir')).toBe(false);
  expect(permits({ subject: 'x', roles: [] }, 'public')).toBe(true);
});

test('too many requests of one caller: 429 and when to come back; others go on', async () => {
  const slow = await startServer({ argv: ['--http-limits-requests-per-second=1', '--http-limits-burst=3'] });
  const statuses: number[] = [];
  for (let at = 0; at < 5; at += 1) statuses.push((await slow.get('/api/status')).status);
  const last = await slow.get('/api/status');
  expect(statuses.slice(0, 3)).toEqual([200, 200, 200]);
  expect(last.status).toBe(429);
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await fetch(`${slow.url}/healthz`)).status).toBe(200);
  await slow.stop();
});

test('guessing tokens is told to wait, and locks nobody else out', async () => {
  const guesser = await startServer();
  const statuses = new Set<number>();
  for (let at = 0; at < 80; at += 1) {
    statuses.add(
      (await fetch(`${guesser.url}/api/status`, { headers: { authorization: `Bearer guess-${at}` } })).status,
    );
  }
  expect([...statuses]).toEqual([401, 429]);
  expect((await guesser.get('/api/status')).status).toBe(200);
  await guesser.stop();
});

test('the table of callers is bounded and time refills a bucket', () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} };
  const limit = createRateLimit({ perSecond: 2, burst: 2, keysMax: 2, clock });
  expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([0, 0, 500]);
  nowMs = 500;
  expect(limit.waitMs('a')).toBe(0);
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 500]);
  limit.take('b');
  limit.take('c');
  expect(limit.waitMs('a')).toBe(0);
});
