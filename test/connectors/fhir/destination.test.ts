import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFhirDestination, type FhirDestinationOptions } from '../../../connectors/fhir/index.ts';
import type { Destination } from '../../../core/ports/index.ts';
import { type RunningSandbox, startSandboxEhr } from '../../../server/sandbox-ehr/start.ts';
import { mrnQuery, observation, patient, putPatient, transaction } from '../../formats/fhir/samples.ts';
import { delivery, neverStopped, testPorts } from './deliveries.ts';
import { answerJson, type FaultServer, startFaultServer } from './fault-server.ts';

let server: FaultServer;
let open: Destination[] = [];
beforeEach(async () => {
  server = await startFaultServer();
});
afterEach(async () => {
  for (const one of open) await one.close();
  open = [];
  await server.close();
});

function destination(more: Partial<FhirDestinationOptions> = {}, url = server.url): Destination {
  const made = createFhirDestination({ url, ports: testPorts(), ...more });
  open.push(made);
  return made;
}

const outcome = (text: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'invalid', details: { text }, expression: ['Patient.gender'] }],
});
const conditional = { method: 'PUT', url: `Patient?${mrnQuery('1')}` };

describe('to a FHIR server', () => {
  let sandbox: RunningSandbox;
  beforeEach(async () => {
    sandbox = await startSandboxEhr({ port: 0 });
  });
  afterEach(() => sandbox.close());

  test('a transaction, whose answer becomes a message', async () => {
    const sent = await destination({}, sandbox.url).send(
      delivery(transaction([putPatient('1')])),
      neverStopped,
    );
    expect(sent).toMatchObject({
      kind: 'delivered',
      answer: { kind: 'answer', type: 'Bundle', sender: sandbox.url },
    });
    expect(sandbox.ehr.stats().resources).toEqual({ Patient: 1 });
  });

  test('conditional requests create once, however often they are sent', async () => {
    const ehr = destination({}, sandbox.url);
    const create = { ifNoneExist: mrnQuery('2') };
    for (const [mrn, facts] of [
      ['1', conditional],
      ['1', conditional],
      ['2', create],
      ['2', create],
    ] as const) {
      expect(await ehr.send(delivery(patient(mrn), facts), neverStopped)).toMatchObject({
        kind: 'delivered',
      });
    }
    expect(sandbox.ehr.stats().resources).toEqual({ Patient: 2 });
  });

  test('create, update with If-Match, and an older If-Match is dead', async () => {
    const ehr = destination({}, sandbox.url);
    const created = await ehr.send(delivery(patient('1')), neverStopped);
    expect(created).toEqual({ kind: 'delivered' });
    const found = await (await fetch(`${sandbox.url}/Patient?${mrnQuery('1')}`)).json();
    const { id } = (found as { entry: [{ resource: { id: string } }] }).entry[0].resource;
    const facts = { method: 'PUT', url: `Patient/${id}`, ifMatch: 'W/"1"' };
    expect(await ehr.send(delivery(patient('1', { id }), facts), neverStopped)).toMatchObject({
      kind: 'delivered',
    });
    expect(await ehr.send(delivery(patient('1', { id }), facts), neverStopped)).toMatchObject({
      kind: 'dead',
    });
    const erase = { method: 'DELETE', url: `Patient/${id}` };
    expect(await ehr.send(delivery('', erase), neverStopped)).toMatchObject({ kind: 'delivered' });
    expect(sandbox.ehr.stats().resources).toEqual({ Patient: 0 });
  });

  test('a refusal is dead with the text of the OperationOutcome', async () => {
    const sent = await destination({}, sandbox.url).send(
      delivery(patient('1', { gender: 'x' })),
      neverStopped,
    );
    expect(sent).toMatchObject({ kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } });
    expect(JSON.stringify(sent)).toContain('HTTP 422: Patient.gender: code is not in the required value set');
  });

  test('a batch whose entry is refused is dead, though the answer is 200', async () => {
    const entries = [
      putPatient('1'),
      { resource: observation(), request: { method: 'PUT', url: 'Observation/x' } },
    ];
    const batch = { ...transaction(entries), type: 'batch' };
    const sent = await destination({}, sandbox.url).send(delivery(batch), neverStopped);
    expect(sent).toMatchObject({ kind: 'dead', error: { detail: expect.stringContaining('entry 1') } });
  });

  test('gzip', async () => {
    const sent = await destination({ gzip: true }, sandbox.url).send(
      delivery(transaction(Array.from({ length: 9 }, (_, n) => putPatient(String(n))))),
      neverStopped,
    );
    expect(sent).toMatchObject({ kind: 'delivered' });
    expect(sandbox.ehr.stats().resources).toEqual({ Patient: 9 });
  });
});

describe('what an answer means', () => {
  type Kind = 'delivered' | 'retry' | 'dead' | 'unknown';
  const cases: [status: number, conditional: Kind, plainCreate: Kind][] = [
    [200, 'delivered', 'delivered'],
    [201, 'delivered', 'delivered'],
    [302, 'dead', 'dead'],
    [400, 'dead', 'dead'],
    [401, 'dead', 'dead'],
    [404, 'dead', 'dead'],
    [408, 'retry', 'retry'],
    [409, 'retry', 'dead'],
    [412, 'retry', 'dead'],
    [422, 'dead', 'dead'],
    [425, 'retry', 'retry'],
    [429, 'retry', 'retry'],
    [500, 'retry', 'retry'],
    [501, 'dead', 'dead'],
    [502, 'retry', 'unknown'],
    [503, 'retry', 'retry'],
    [504, 'retry', 'unknown'],
    [507, 'retry', 'retry'],
  ];
  test.each(cases)('%i: conditional %s, plain create %s', async (status, ofConditional, ofCreate) => {
    server.behave = (_request, response) => answerJson(response, status, outcome('so it is'));
    const ehr = destination();
    expect(await ehr.send(delivery(patient('1'), conditional), neverStopped)).toMatchObject({
      kind: ofConditional,
    });
    expect(await ehr.send(delivery(patient('1')), neverStopped)).toMatchObject({ kind: ofCreate });
  });

  test('a conditional request that loses its race too often is dead', async () => {
    server.behave = (_request, response) => answerJson(response, 412, outcome('multiple matches'));
    const ehr = destination({ conflictAttemptsMax: 3 });
    const kinds = [];
    for (const attempt of [1, 2, 3]) {
      kinds.push((await ehr.send(delivery(patient('1'), conditional, attempt), neverStopped)).kind);
    }
    expect(kinds).toEqual(['retry', 'retry', 'dead']);
  });

  test.each([
    ['7', 7_000],
    ['Sun, 01 Mar 2026 08:00:30 GMT', 30_000],
    ['soon', undefined],
    ['Sun, 01 Mar 2020 08:00:30 GMT', undefined],
  ])('Retry-After %s', async (header, retryAfterMs) => {
    server.behave = (_request, response) =>
      answerJson(response, 429, outcome('wait'), { 'retry-after': header });
    const sent = await destination().send(delivery(patient('1')), neverStopped);
    expect(sent.kind === 'retry' && sent.retryAfterMs).toBe(retryAfterMs);
  });

  const lost: [string, FaultServer['behave']][] = [
    ['reset after the request was read', (_request, response) => response.socket?.resetAndDestroy()],
    ['closed after the request was read', (_request, response) => response.socket?.end()],
    ['no answer in time', () => {}],
    [
      'an answer that stops in the middle',
      (_request, response) => {
        response.writeHead(201, { 'content-length': '100' });
        response.write('{"resourceType');
        setImmediate(() => response.socket?.destroy());
      },
    ],
    ['not HTTP', (_request, response) => response.socket?.end('garbage\r\n\r\n')],
    ['a page under 200', (_request, response) => response.end('<html>Log in</html>')],
  ];
  test.each(lost)('a lost answer (%s) is retried when idempotent, else unknown', async (_what, behave) => {
    server.behave = behave;
    const plain = transaction([{ resource: patient('1'), request: { method: 'POST', url: 'Patient' } }]);
    const deliveries = [
      delivery(patient('1'), conditional),
      delivery(transaction([putPatient('1')])),
      delivery(patient('1')),
      delivery(plain),
    ];
    // Long enough that each request is on its way by then, on a machine that has other work; all at once, so that one wait is enough.
    const sent = deliveries.map((one) => destination({ requestTimeoutMs: 2_000 }).send(one, neverStopped));
    const unreachable = { kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE' } };
    const unknown = { kind: 'unknown', error: { code: 'BH_DELIVERY_UNKNOWN' } };
    expect(await Promise.all(sent)).toMatchObject([unreachable, unreachable, unknown, unknown]);
  });

  test('a refused connection and an unknown name are retried, even for a plain create', async () => {
    const { url } = server;
    await server.close();
    // An empty label is refused by the resolver itself: to ask for a name takes long where there is no name server.
    for (const one of [url, 'http://no-such-host..invalid/fhir']) {
      const sent = await destination({}, one).send(delivery(patient('1')), neverStopped);
      expect(sent).toMatchObject({ kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE' } });
    }
    server = await startFaultServer();
  });

  test('a stop while the answer is awaited', async () => {
    const stop = new AbortController();
    server.behave = () => stop.abort();
    expect(await destination().send(delivery(patient('1'), conditional), stop.signal)).toMatchObject({
      kind: 'retry',
    });
    const again = new AbortController();
    server.behave = () => again.abort();
    expect(await destination().send(delivery(patient('1')), again.signal)).toMatchObject({ kind: 'unknown' });
    expect(await destination().send(delivery(patient('1')), again.signal)).toMatchObject({ kind: 'retry' });
  });

  test('an answer over the limit is delivered and not kept', async () => {
    server.behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/fhir+json' });
      const more = () => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', more);
      };
      more();
    };
    const sent = await destination({ answerBytesMax: 100_000 }).send(delivery(patient('1')), neverStopped);
    expect(sent).toEqual({ kind: 'delivered', note: expect.stringContaining('over the limit') });
  });

  test.each([
    ['no JSON', 'x', undefined],
    ['no resource', '{"a": 1}', undefined],
    ['a url elsewhere', JSON.stringify(patient('1')), { url: 'http://evil.example/Patient' }],
    ['a url above the base', JSON.stringify(patient('1')), { url: '../admin' }],
    ['a header that splits', JSON.stringify(patient('1')), { ifNoneExist: 'a\r\nx: y' }],
    ['another method', JSON.stringify(patient('1')), { method: 'TRACE' }],
  ])('%s is dead and never leaves', async (_what, body, facts) => {
    expect(await destination().send(delivery(body, facts), neverStopped)).toMatchObject({
      kind: 'dead',
      error: { code: 'BH_FHIR_SYNTAX' },
    });
    expect(server.seen).toEqual([]);
  });
});

describe('what the receiver sees', () => {
  test('method, address, headers, bytes as they are', async () => {
    const text = `{ "resourceType": "Patient",  "multipleBirthInteger": 2 }`;
    await destination({ headers: { 'x-site': 'a' } }).send(
      delivery(text, { ifNoneExist: 'identifier=a|b' }),
      neverStopped,
    );
    const [request] = server.seen;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/fhir/Patient',
      headers: {
        'content-type': 'application/fhir+json',
        'if-none-exist': 'identifier=a|b',
        'x-request-id': '41',
        'x-site': 'a',
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      },
    });
    expect(request?.body.toString()).toBe(text);
  });

  test('a Bundle goes to the base; gzip for bodies that are worth it', async () => {
    const bundle = transaction(Array.from({ length: 9 }, (_, n) => putPatient(String(n))));
    const ehr = destination({ gzip: true });
    await ehr.send(delivery(bundle), neverStopped);
    await ehr.send(delivery(patient('1')), neverStopped);
    expect(server.seen[0]).toMatchObject({ url: '/fhir', headers: { 'content-encoding': 'gzip' } });
    expect(JSON.parse(gunzipSync(server.seen[0]!.body).toString())).toEqual(bundle);
    expect(server.seen[1]?.headers).not.toHaveProperty('content-encoding');
  });

  test('the target is the same however the base is written', () => {
    const targets = ['HTTPS://EHR.example:443/fhir/', 'https://ehr.example/fhir'].map(
      (url) => destination({}, url).target,
    );
    expect(targets).toEqual(['https://ehr.example/fhir', 'https://ehr.example/fhir']);
    expect(() => destination({}, 'ftp://ehr.example/')).toThrow(/BH_CONFIG_VALUE/);
    expect(() => destination({}, 'https://user:pw@ehr.example/')).toThrow(/BH_CONFIG_VALUE/);
  });
});
