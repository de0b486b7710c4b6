import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { entrySlices, withoutEntries } from '../../../connectors/fhir/entry-slices.ts';
import { planRequest } from '../../../connectors/fhir/request-plan.ts';
import { messageId } from '../../../core/ids.ts';
import { validate } from '../../../formats/fhir/index.ts';
import { patient, putPatient, transaction } from '../../formats/fhir/samples.ts';
import { type IngestApp, startIngestApp } from './ingest-app.ts';

let ingest: IngestApp;
const pings: string[] = [];
beforeEach(async () => {
  pings.length = 0;
  ingest = await startIngestApp({ senderOf: () => 'lab', pinged: (name) => pings.push(name) });
});
afterEach(() => ingest.close());

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes, looked at by matchers only
  readonly body: any;
}

async function send(method: string, path: string, body?: unknown): Promise<Answer> {
  const isText = typeof body === 'string' || body === undefined;
  const response = await fetch(`${ingest.url}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : {
          headers: { 'content-type': 'application/fhir+json' },
          body: isText ? (body as string) : JSON.stringify(body),
        }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const bytesOf = (at: number): string => {
  const body = ingest.arrivals[at]?.body;
  return body?.kind === 'inline' ? Buffer.from(body.bytes).toString() : '';
};
const batchOf = (entry: readonly object[]) => ({ resourceType: 'Bundle', type: 'batch', entry });

describe('batch and transaction', () => {
  test.each(['transaction', 'batch'])(
    '%s: a response entry for each of the request, in its order',
    async (type) => {
      const { status, body } = await send('POST', '', {
        ...transaction([putPatient('1'), putPatient('2')]),
        type,
      });
      expect(status).toBe(200);
      expect(body).toEqual({
        resourceType: 'Bundle',
        type: `${type}-response`,
        entry: [{ response: { status: '202 Accepted' } }, { response: { status: '202 Accepted' } }],
      });
      expect(validate(body)).toEqual([]);
      expect(ingest.arrivals).toHaveLength(1);
    },
  );

  test('a transaction with one fault is refused as a whole, with the path', async () => {
    const { status, body } = await send(
      'POST',
      '',
      transaction([putPatient('1'), putPatient('2', { gender: 'robot' })]),
    );
    expect(status).toBe(422);
    expect(body.issue[0].expression).toEqual(['Bundle.entry[1].resource.gender']);
    expect(ingest.arrivals).toMatchObject([{ refusal: { code: 'BH_FHIR_INVALID' } }]);
  });

  test('a batch with one fault: the other entries are taken, as they were sent; the whole is kept', async () => {
    const entries = [putPatient('1'), putPatient('2', { gender: 'robot' }), putPatient('3')];
    const sent = JSON.stringify(batchOf(entries)).replace('"active":true', '"active": true');
    const { status, body } = await send('POST', '', sent);
    expect(status).toBe(200);
    expect(body.entry.map((entry: { response: { status: string } }) => entry.response.status)).toEqual([
      '202 Accepted',
      '422 Unprocessable Entity',
      '202 Accepted',
    ]);
    expect(body.entry[1].response.outcome.issue[0].expression).toEqual(['Bundle.entry[1].resource.gender']);
    expect(validate(body)).toEqual([]);
    expect(ingest.arrivals.map(({ refusal, parent }) => [refusal?.code, parent])).toEqual([
      ['BH_FHIR_INVALID', undefined],
      [undefined, messageId(1)],
    ]);
    expect(bytesOf(0)).toBe(sent);
    expect(JSON.parse(bytesOf(1))).toEqual(batchOf([entries[0]!, entries[2]!]));
    expect(ingest.arrivals[0]?.dedupe?.key).not.toBe(ingest.arrivals[1]?.dedupe?.key);
  });

  test('a batch whose every entry is refused, or whose entries need each other, is refused as a whole', async () => {
    const bad = putPatient('2', { gender: 'robot' });
    expect((await send('POST', '', batchOf([bad]))).status).toBe(422);
    const observation = {
      resource: {
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'x' },
        subject: { reference: (bad as { fullUrl?: string }).fullUrl },
      },
      request: { method: 'POST', url: 'Observation' },
    };
    expect((await send('POST', '', batchOf([bad, observation]))).status).toBe(422);
    expect(ingest.arrivals.every(({ refusal }) => refusal !== undefined)).toBe(true);
  });

  test('entries are found in any JSON, whatever stands around and in them', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), value), { minLength: 1, maxLength: 6 }),
        fc.dictionary(fc.string(), value),
        fc.integer({ min: 0, max: 5 }),
        fc.constantFrom(0, 2),
        (entry, others, left, space) => {
          const { entry: _entry, ...rest } = others;
          const json = Buffer.from(
            JSON.stringify({ a: ['entry'], b: 'entry', ...rest, entry, z: [{ entry: [1] }] }, null, space),
          );
          const slices = entrySlices(json)!;
          expect(slices.entries.map(([from, to]) => JSON.parse(json.toString('utf8', from, to)))).toEqual(
            JSON.parse(JSON.stringify(entry)),
          );
          const fewer = JSON.parse(Buffer.from(withoutEntries(json, slices, new Set([left]))).toString());
          expect(fewer.entry).toEqual(JSON.parse(JSON.stringify(entry.filter((_, at) => at !== left))));
        },
      ),
    );
  });
});

describe('messages', () => {
  const header = {
    resourceType: 'MessageHeader',
    id: 'm-1',
    eventCoding: { system: 'urn:events', code: 'admit' },
    source: { endpoint: 'https://his.example/fhir' },
  };
  const message = (more: object = {}) => ({
    resourceType: 'Bundle',
    type: 'message',
    timestamp: '2026-11-22T08:00:00Z',
    entry: [
      { fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001', resource: { ...header, ...more } },
      { fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000002', resource: patient('1') },
    ],
  });

  test.each(['/$process-message', ''])('at %s: a response message that names the request', async (path) => {
    const { status, body } = await send('POST', path, message());
    expect(status).toBe(200);
    expect(validate(body)).toEqual([]);
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'message' });
    const [{ resource: answer }, { resource: outcome, fullUrl }] = body.entry;
    expect(answer).toMatchObject({
      resourceType: 'MessageHeader',
      eventCoding: header.eventCoding,
      destination: [{ endpoint: 'https://his.example/fhir' }],
      response: { identifier: 'm-1', code: 'ok', details: { reference: fullUrl } },
    });
    expect(outcome.resourceType).toBe('OperationOutcome');
    expect(ingest.arrivals).toMatchObject([{ type: 'Bundle' }]);
  });

  test('sent again under the same MessageHeader.id it is a duplicate, though its Bundle has another id', async () => {
    await send('POST', '/$process-message', { ...message(), id: 'b1' });
    await send('POST', '/$process-message', { ...message(), id: 'b2' });
    const [one, two] = ingest.arrivals;
    expect(one?.dedupe?.key).toBe(two?.dedupe?.key);
  });

  test('what is no message, not valid, or wants its answer elsewhere', async () => {
    const collection = { resourceType: 'Bundle', type: 'collection' };
    const wrong = await send('POST', '/$process-message', collection);
    expect([wrong.status, wrong.body.issue[0].expression]).toEqual([422, ['Bundle.type']]);
    const noSource = await send('POST', '/$process-message', message({ source: undefined }));
    expect([noSource.status, noSource.body.issue[0].expression]).toEqual([
      422,
      ['Bundle.entry[0].resource.source'],
    ]);
    expect((await send('POST', '/$process-message?async=true', message())).status).toBe(400);
    expect((await send('POST', '/$process-message?response-url=http://x', message())).status).toBe(400);
    expect((await send('POST', '/$process-message', patient('1'))).status).toBe(422);
  });

  test('a reference that is nowhere in the Bundle is named', async () => {
    const lost = message({ focus: [{ reference: 'urn:uuid:00000000-0000-4000-8000-000000000009' }] });
    const { status, body } = await send('POST', '/$process-message', lost);
    expect([status, body.issue[0].expression]).toEqual([
      422,
      ['Bundle.entry[0].resource.focus[0].reference'],
    ]);
  });
});

describe('collections and what else a server gets', () => {
  test('a collection is kept and answered 202', async () => {
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient('1') }] };
    for (const path of ['', '/Bundle']) expect((await send('POST', path, bundle)).status).toBe(202);
  });

  test('where a destination sends each', () => {
    const pathOf = (type: string) =>
      planRequest(Buffer.from(JSON.stringify({ resourceType: 'Bundle', type })), undefined).path;
    expect(['transaction', 'batch', 'message', 'collection', 'document'].map(pathOf)).toEqual([
      '',
      '',
      '$process-message',
      'Bundle',
      'Bundle',
    ]);
  });
});

describe('notifications of rest-hook Subscriptions', () => {
  test('without a body: heard, nothing kept', async () => {
    expect(await send('POST', '/$notify/lab-results')).toEqual({ status: 200, body: undefined });
    expect(pings).toEqual(['lab-results']);
    expect(ingest.arrivals).toEqual([]);
  });

  test.each(['/$notify/lab-results/Patient/p1', '/Patient/p1'])(
    'with the resource, PUT at %s',
    async (path) => {
      const resource = { ...patient('1'), id: 'p1' };
      expect((await send('PUT', path, resource)).status).toBe(200);
      expect(ingest.arrivals).toMatchObject([
        { type: 'Patient', facts: { method: 'PUT', url: 'Patient/p1' } },
      ]);
      const other = await send('PUT', path, { ...resource, id: 'p2' });
      expect([other.status, other.body.issue[0].expression]).toEqual([422, ['Patient.id']]);
      expect((await send('PUT', path, { resourceType: 'Patient', id: 'p1', gender: 'x' })).status).toBe(422);
    },
  );

  test('with a Bundle, as later versions send it', async () => {
    const history = { resourceType: 'Bundle', type: 'history' };
    expect((await send('POST', '/$notify/lab-results', history)).status).toBe(200);
    expect(ingest.arrivals).toMatchObject([{ facts: { subscription: 'lab-results' } }]);
    expect(pings).toEqual([]);
  });

  test('addresses that are none', async () => {
    for (const path of ['/$notify/a%20b', '/$notify/x/Nothing/1', '/$notify/x/Patient/a_b']) {
      const { status } = await send(path.split('/').length > 3 ? 'PUT' : 'POST', path, '{}');
      expect([path, status]).toEqual([path, 404]);
    }
  });
});
