import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BitHiveError, type ErrorCode } from '../../../core/errors.ts';
import { messageId } from '../../../core/ids.ts';
import { validate } from '../../../formats/fhir/index.ts';
import { observation, patient, putPatient, transaction } from '../../formats/fhir/samples.ts';
import { type IngestApp, startIngestApp } from './ingest-app.ts';

let ingest: IngestApp;
beforeEach(async () => {
  ingest = await startIngestApp({ bodyBytesMax: 1_000_000, senderOf: () => 'lab' });
});
afterEach(() => ingest.close());

interface Outcome {
  readonly resourceType: string;
  readonly issue: readonly {
    severity: string;
    code: string;
    details: { text: string; coding?: [{ code: string }] };
    expression?: string[];
  }[];
}

async function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer> | object,
  headers: Record<string, string> = {},
) {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(`${ingest.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', ...headers },
    body: isRaw ? (body as string) : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    outcome: (text ? JSON.parse(text) : {}) as Outcome,
  };
}

const codeOf = (outcome: Outcome) => outcome.issue[0]?.details.coding?.[0].code;

describe('what is taken', () => {
  test('a resource: durable, then 202 with the message id', async () => {
    let isDurable = false;
    ingest.onAccept = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isDurable = true;
      return { kind: 'accepted', id: messageId(17), duplicate: false };
    };
    const answer = await post('/Patient', patient('1'));
    expect(isDurable).toBe(true);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('bithive-message-id')).toBe('17');
    expect(answer.outcome.issue).toMatchObject([
      { severity: 'information', details: { text: 'accepted as message 17' } },
    ]);
    expect(validate(answer.outcome)).toEqual([]);
    expect(ingest.arrivals).toMatchObject([
      { kind: 'fhir', type: 'Patient', sender: 'lab', contentType: 'application/fhir+json' },
    ]);
    expect(Buffer.from((ingest.arrivals[0]!.body as { bytes: Uint8Array }).bytes).toString()).toBe(
      JSON.stringify(patient('1')),
    );
  });

  test('a transaction at the base; the same bytes again are a duplicate', async () => {
    const bundle = transaction([putPatient('1'), putPatient('2')]);
    for (let sent = 0; sent < 2; sent++) {
      const answer = await post('', bundle);
      expect(answer.status).toBe(200);
      expect(answer.outcome).toMatchObject({ type: 'transaction-response', entry: [{}, {}] });
    }
    expect(ingest.arrivals[0]?.dedupe).toEqual(ingest.arrivals[1]?.dedupe);
  });

  test('X-Request-Id and Bundle.identifier name the exchange', async () => {
    const named = (value: string, mrn: string) => ({
      ...transaction([putPatient(mrn)]),
      identifier: { system: 'urn:x', value },
    });
    await post('', named('a', '1'));
    await post('', named('a', '2'));
    await post('', named('b', '1'));
    await post('', named('b', '1'), { 'x-request-id': 'r1' });
    await post('', named('c', '1'), { 'x-request-id': 'r1' });
    const keys = ingest.arrivals.map((arrival) => arrival.dedupe?.key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[3]).toBe(keys[4]);
    expect(new Set(keys).size).toBe(3);
    expect(ingest.arrivals[3]?.facts).toEqual({ requestId: 'r1' });
  });

  test('search keys', async () => {
    const typed = (code: string, value: string) => ({
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
      system: 'urn:x',
      value,
    });
    const subject = { reference: 'Patient/1', identifier: { system: 'urn:x', value: 'mrn-3' } };
    const study = {
      resourceType: 'ImagingStudy',
      status: 'available',
      subject,
      identifier: [{ system: 'urn:dicom:uid', value: 'urn:oid:1.2.3' }, typed('ACSN', 'acc-1')],
    };
    const order = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject,
      identifier: [typed('PLAC', 'p-1'), typed('FILL', 'f-1'), { system: 'urn:y', value: 'o-1' }],
    };
    const entries = [study, order].map((resource) => ({
      resource,
      request: { method: 'POST', url: resource.resourceType },
    }));
    expect((await post('', transaction([putPatient('77'), ...entries]))).status).toBe(200);
    expect(ingest.arrivals[0]?.searchKeys).toEqual([
      ['mrn', '77'],
      ['study-uid', '1.2.3'],
      ['accession', 'acc-1'],
      ['mrn', 'mrn-3'],
      ['order', 'p-1'],
      ['order', 'f-1'],
      ['order', 'o-1'],
    ]);
  });

  test('gzip, a large body as a blob, Prefer, metadata', async () => {
    const large = transaction(Array.from({ length: 900 }, (_, n) => putPatient(String(n))));
    const bytes = gzipSync(JSON.stringify(large));
    const answer = await post('', bytes, {
      'content-encoding': 'gzip',
      prefer: 'respond-async, return=minimal',
    });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, 'return=minimal']);
    const body = ingest.arrivals[0]!.body as { kind: 'blob'; hash: string };
    expect(Buffer.from(ingest.blobs.get(body.hash)!).toString()).toBe(JSON.stringify(large));
    const metadata = await fetch(`${ingest.url}/metadata`, { headers: { accept: 'application/fhir+json' } });
    const capability = (await metadata.json()) as object;
    expect(capability).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' });
    expect(validate(capability)).toEqual([]);
  });

  test('the answer of a destination, a warning, and a refusal of the channel are passed on', async () => {
    const answer = new TextEncoder().encode('{"resourceType":"Bundle"}');
    ingest.onAccept = () => ({ kind: 'relayed', id: messageId(1), duplicate: false, answer });
    expect(await post('/Patient', patient('1'))).toMatchObject({
      status: 200,
      outcome: { resourceType: 'Bundle' },
    });
    const warning = { code: 'BH_MAP_FAILED', detail: 'no map took it' };
    ingest.onAccept = () => ({ kind: 'accepted', id: messageId(1), duplicate: false, warning });
    expect((await post('/Patient', patient('1'))).outcome.issue[1]).toMatchObject({ severity: 'warning' });
    ingest.onAccept = () => ({ kind: 'refused', id: messageId(1), duplicate: false, error: warning });
    const refused = await post('/Patient', patient('1'));
    expect([refused.status, codeOf(refused.outcome)]).toEqual([422, 'BH_MAP_FAILED']);
  });
});

describe('what is refused', () => {
  const json = JSON.stringify(patient('1'));
  const manyEntries = `{"resourceType":"Bundle","type":"collection","entry":[${'{},'.repeat(10_000)}{}]}`;
  type Row = [
    what: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
    status: number,
    code: ErrorCode,
    kept: boolean,
  ];
  const rows: Row[] = [
    [
      'wrong content type',
      '/Patient',
      json,
      { 'content-type': 'application/xml' },
      415,
      'BH_HTTP_MEDIA_TYPE',
      false,
    ],
    ['no content type', '/Patient', json, { 'content-type': '' }, 415, 'BH_HTTP_MEDIA_TYPE', false],
    [
      'other charset',
      '/Patient',
      json,
      { 'content-type': 'application/fhir+json; charset=latin1' },
      415,
      'BH_HTTP_MEDIA_TYPE',
      false,
    ],
    [
      'other FHIR version',
      '/Patient',
      json,
      { 'content-type': 'application/fhir+json; fhirVersion=3.0' },
      415,
      'BH_HTTP_MEDIA_TYPE',
      false,
    ],
    ['other coding', '/Patient', json, { 'content-encoding': 'br' }, 415, 'BH_HTTP_MEDIA_TYPE', false],
    [
      'not acceptable',
      '/Patient',
      json,
      { accept: 'application/fhir+xml, text/html;q=0.5' },
      406,
      'BH_HTTP_NOT_ACCEPTABLE',
      false,
    ],
    ['unknown type in the address', '/Pacient', json, {}, 404, 'BH_HTTP_NOT_FOUND', false],
    ['empty body', '/Patient', '', {}, 400, 'BH_FHIR_SYNTAX', true],
    ['malformed JSON', '/Patient', json.slice(0, -1), {}, 400, 'BH_FHIR_SYNTAX', true],
    ['nested too deeply', '/Patient', '['.repeat(100_000), {}, 400, 'BH_FHIR_SYNTAX', true],
    ['a name twice', '/Patient', `{"gender":"male",${json.slice(1)}`, {}, 400, 'BH_FHIR_SYNTAX', true],
    ['__proto__', '/Patient', `{"__proto__":{"x":1},${json.slice(1)}`, {}, 400, 'BH_FHIR_SYNTAX', true],
    ['not UTF-8', '/Patient', Uint8Array.of(0x7b, 0xff, 0x7d), {}, 400, 'BH_FHIR_SYNTAX', true],
    ['not gzip', '/Patient', json, { 'content-encoding': 'gzip' }, 400, 'BH_FHIR_SYNTAX', true],
    ['over the limit', '/Patient', 'x'.repeat(1_000_001), {}, 413, 'BH_HTTP_TOO_LARGE', false],
    [
      'gzip that expands over the limit',
      '/Patient',
      gzipSync(Buffer.alloc(50_000_000)),
      { 'content-encoding': 'gzip' },
      413,
      'BH_HTTP_TOO_LARGE',
      false,
    ],
    ['too many entries', '', manyEntries, {}, 413, 'BH_HTTP_TOO_LARGE', false],
    ['another type than the address says', '/Observation', json, {}, 422, 'BH_FHIR_INVALID', true],
    ['no Bundle at the base', '', json, {}, 422, 'BH_FHIR_INVALID', true],
    ['no resource', '/Patient', '[]', {}, 422, 'BH_FHIR_INVALID', true],
    [
      '1e400',
      '/Observation',
      JSON.stringify(observation()).replace('13.2', '1e400'),
      {},
      422,
      'BH_FHIR_INVALID',
      true,
    ],
  ];
  test.each(rows)('%s', async (_what, path, body, headers, status, code, kept) => {
    const answer = await post(path, body, headers);
    expect([answer.status, answer.outcome.resourceType, codeOf(answer.outcome)]).toEqual([
      status,
      'OperationOutcome',
      code,
    ]);
    expect(ingest.arrivals.map((arrival) => arrival.refusal?.code)).toEqual(kept ? [code] : []);
    expect(validate(answer.outcome)).toEqual([]);
    expect((await post('/Patient', patient('1'))).status).toBe(202);
  });

  test('an invalid resource is answered with the paths, and found by its keys', async () => {
    const answer = await post('/Patient', patient('5', { gender: 'banana', birthDate: '' }));
    expect(answer.status).toBe(422);
    expect(answer.outcome.issue.map((issue) => issue.expression)).toEqual([
      ['Patient.gender'],
      ['Patient.birthDate'],
    ]);
    expect(ingest.arrivals[0]).toMatchObject({
      type: 'Patient',
      refusal: { code: 'BH_FHIR_INVALID', detail: expect.stringContaining('Patient.gender') },
      searchKeys: [['mrn', '5']],
    });
  });

  test.each([
    ['BH_STORE_FULL', 507],
    ['BH_STORE_IO', 503],
    ['BH_STORE_BUSY', 503],
  ] as const)('a store that says %s', async (code, status) => {
    ingest.onAccept = () => {
      throw new BitHiveError(code, 'the disk');
    };
    for (const body of [patient('1'), patient('1', { gender: 'x' })]) {
      const answer = await post('/Patient', body);
      expect([answer.status, codeOf(answer.outcome), answer.headers.get('retry-after')]).toEqual([
        status,
        code,
        '5',
      ]);
    }
  });

  test('more requests than the limit', async () => {
    await ingest.close();
    ingest = await startIngestApp({ requestsMax: 1 });
    const first = httpRequest(`${ingest.url}/Patient`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
    });
    const done = new Promise((resolve, reject) => first.once('response', resolve).once('error', reject));
    first.write('{');
    let answer = await post('/Patient', patient('1'));
    // The first request may still be on its way to the listener.
    while (answer.status === 202) answer = await post('/Patient', patient('1'));
    expect([answer.status, codeOf(answer.outcome)]).toEqual([503, 'BH_STORE_BUSY']);
    first.end('}');
    await done;
    expect((await post('/Patient', patient('1'))).status).toBe(202);
  });

  test('stopping: what was read is answered, nothing new is taken', async () => {
    let release = (): void => {};
    ingest.onAccept = async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { kind: 'accepted', id: messageId(1), duplicate: false };
    };
    const first = post('/Patient', patient('1'));
    while (ingest.arrivals.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const stopped = ingest.source.stop(60_000);
    const second = await post('/Patient', patient('2'));
    expect([second.status, codeOf(second.outcome)]).toEqual([503, 'BH_STOPPING']);
    release();
    await stopped;
    expect((await first).status).toBe(202);
  });
});
