import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RunningSandbox, startSandboxEhr } from '../../../server/sandbox-ehr/start.ts';
import { mrnQuery, observation, patient, putPatient, transaction } from '../../formats/fhir/samples.ts';

let folder: string;
let sandbox: RunningSandbox;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-ehr-'));
  sandbox = await startSandboxEhr({ port: 0, journal: join(folder, 'journal') });
});
afterEach(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

type Answer = { status: number; body: { [name: string]: never } & object; headers: Headers };

async function call(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: { 'content-type': 'application/fhir+json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text), headers: response.headers };
}

const identity = (mrn: string) => `Patient|urn:oid:1.2.36.146.595.217.0.1|${mrn}`;

describe('sandbox EHR', () => {
  test('create, read, update, version, history, delete', async () => {
    const created = await call('POST', '/Patient', patient('1'));
    expect(created.status).toBe(201);
    const { id } = created.body as unknown as { id: string };
    expect(created.headers.get('location')).toBe(`${sandbox.url}/Patient/${id}/_history/1`);
    const updated = await call('PUT', `/Patient/${id}`, { ...patient('1', { active: true }), id });
    expect([updated.status, updated.headers.get('etag')]).toEqual([200, 'W/"2"']);
    for (const _again of [1, 2]) {
      const history = await call('GET', `/Patient/${id}/_history`);
      expect(history.body).toMatchObject({ total: 2, entry: [{ resource: { active: true } }, {}] });
    }
    expect((await call('GET', `/Patient/${id}/_history/1`)).body).not.toHaveProperty('active');
    expect((await call('DELETE', `/Patient/${id}`)).status).toBe(200);
    expect((await call('GET', `/Patient/${id}`)).status).toBe(410);
    expect((await call('GET', `/Patient?${mrnQuery('1')}`)).body).toMatchObject({ total: 0 });
  });

  test('conditional PUTs that race create once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 12 }), fc.uuid(), async (count, mrn) => {
        // Not over sockets: those arrive one after the other, and would pass without turns.
        const put = () =>
          sandbox.ehr.handle({
            method: 'PUT',
            url: `Patient?${mrnQuery(mrn)}`,
            body: patient(mrn),
            headers: {},
          });
        const answers = await Promise.all(Array.from({ length: count }, put));
        expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
        expect((await call('GET', `/Patient?${mrnQuery(mrn)}`)).body).toMatchObject({ total: 1 });
        expect(sandbox.ehr.stats().writes[identity(mrn)]).toEqual({ created: 1, updated: count - 1 });
      }),
      { numRuns: 15 },
    );
  });

  test('a transaction that fails leaves nothing, wherever it fails', async () => {
    await call('PUT', `/Patient?${mrnQuery('0')}`, patient('0'));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 6 }), async (place) => {
        const before = JSON.stringify({ ...sandbox.ehr.stats(), requests: 0, transactions: 0 });
        const entries: object[] = ['0', '1', '2', '3', '4', '5'].map((mrn) =>
          putPatient(mrn, { active: true }),
        );
        entries.splice(place, 0, {
          resource: { ...observation(), id: 'elsewhere' },
          request: { method: 'PUT', url: 'Observation/x' },
        });
        const answer = await call('POST', '', transaction(entries));
        expect(answer.status).toBe(400);
        expect(answer.body).toMatchObject({
          resourceType: 'OperationOutcome',
          issue: [{ expression: [`Bundle.entry[${place}]`] }],
        });
        expect(JSON.stringify({ ...sandbox.ehr.stats(), requests: 0, transactions: 0 })).toBe(before);
      }),
      { numRuns: 10 },
    );
    expect((await call('GET', `/Patient?${mrnQuery('0')}`)).body).toMatchObject({
      entry: [{ resource: { meta: { versionId: '1' } } }],
    });
  });

  test('a transaction of many conditional entries, with references by fullUrl, twice', async () => {
    const subject = { reference: 'urn:uuid:00000000-0000-5000-8000-000000000001' };
    const { id: _id, ...rest } = observation();
    const bundle = transaction([
      ...Array.from({ length: 20 }, (_, n) => putPatient(String(n))),
      {
        fullUrl: 'urn:uuid:00000000-0000-5000-8000-0000000000ff',
        resource: { ...rest, identifier: [{ system: 'urn:x', value: 'o' }], subject },
        request: { method: 'POST', url: 'Observation', ifNoneExist: 'identifier=urn:x|o' },
      },
    ]);
    expect((await call('POST', '', bundle)).status).toBe(200);
    expect((await call('POST', '', bundle)).status).toBe(200);
    const { resources, writes } = sandbox.ehr.stats();
    expect(resources).toEqual({ Patient: 20, Observation: 1 });
    expect(writes['Observation|urn:x|o']).toEqual({ created: 1, updated: 0 });
    const found = await call('GET', `/Patient?${mrnQuery('1')}`);
    const patientId = (found.body as unknown as { entry: [{ resource: { id: string } }] }).entry[0].resource
      .id;
    expect((await call('GET', `/Observation?subject=Patient/${patientId}`)).body).toMatchObject({ total: 1 });
    expect((await call('GET', `/Observation?subject=Patient/other`)).body).toMatchObject({ total: 0 });
  });

  test('conditional references are resolved, or refused when they match nothing or several', async () => {
    const post = (reference: string) => {
      const { id: _id, ...rest } = observation();
      const entry = {
        resource: { ...rest, subject: { reference } },
        request: { method: 'POST', url: 'Observation' },
      };
      return call('POST', '', transaction([entry]));
    };
    expect((await post(`Patient?${mrnQuery('7')}`)).status).toBe(400);
    const created = await call('POST', '/Patient', patient('7'));
    const { id } = created.body as unknown as { id: string };
    expect((await post(`Patient?${mrnQuery('7')}`)).status).toBe(200);
    expect((await call('GET', `/Observation?subject=Patient/${id}`)).body).toMatchObject({ total: 1 });
    await call('POST', '/Patient', patient('7'));
    expect((await post(`Patient?${mrnQuery('7')}`)).status).toBe(412);
    expect((await call('PUT', `/Patient?${mrnQuery('7')}`, patient('7'))).status).toBe(412);
  });

  test('what is not valid is refused with the paths', async () => {
    const answer = await call('POST', '/Patient', patient('1', { gender: 'banana' }));
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ issue: [{ code: 'code-invalid', expression: ['Patient.gender'] }] });
    expect(sandbox.ehr.stats().resources).toEqual({});
  });

  test.each([
    [
      'two entries for one resource',
      [putPatient('1'), { ...putPatient('1'), fullUrl: 'urn:uuid:00000000-0000-5000-8000-0000000000aa' }],
      400,
    ],
    [
      'a conditional update without criteria',
      [{ resource: patient('1'), request: { method: 'PUT', url: 'Patient?' } }],
      412,
    ],
  ])('refuses %s', async (_what, entries, status) => {
    expect((await call('POST', '', transaction(entries))).status).toBe(status);
  });

  test('If-Match of an older version', async () => {
    const created = await call('POST', '/Patient', patient('1'));
    const body = { ...patient('1'), id: (created.body as unknown as { id: string }).id };
    expect((await call('PUT', `/Patient/${body.id}`, body, { 'if-match': 'W/"1"' })).status).toBe(200);
    expect((await call('PUT', `/Patient/${body.id}`, body, { 'if-match': 'W/"1"' })).status).toBe(412);
  });

  test('unknown types, parameters and addresses', async () => {
    expect((await call('GET', '/Pacient')).status).toBe(400);
    expect((await call('GET', '/Patient?colour=red')).status).toBe(400);
    expect((await call('GET', '/Patient/1/2/3/4')).status).toBe(404);
    expect((await call('GET', '/Patient?family=Doe')).body).toMatchObject({ total: 0 });
    expect((await call('GET', '/metadata')).body).toMatchObject({ fhirVersion: '4.0.1' });
  });

  test('gzip bodies, and a journal of each write with the request id', async () => {
    const response = await fetch(`${sandbox.url}/Patient?${mrnQuery('1')}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/fhir+json', 'content-encoding': 'gzip', 'x-request-id': 'd-9' },
      body: gzipSync(JSON.stringify(patient('1'))),
    });
    expect(response.status).toBe(201);
    await call('POST', '/Patient', patient('2', { gender: 'banana' }));
    const lines = readFileSync(join(folder, 'journal'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        seq: 1,
        action: 'create',
        identity: identity('1'),
        requestId: 'd-9',
        version: 1,
      }),
    ]);
  });
});
