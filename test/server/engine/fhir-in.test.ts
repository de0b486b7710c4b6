import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { messageId } from '../../../core/ids.ts';
import { until } from '../../until.ts';
import { type Hospital, startHospital } from './hospital.ts';

const channel = `
channel: fhir-in
source: { fhir: {} }
to: [{ fhir: { name: ehr, url: "\${EHR_FHIR_URL}" } }]
`;

let hospital: Hospital;
beforeEach(async () => {
  hospital = await startHospital({ channels: { 'a.yaml': channel } });
});
afterEach(() => hospital.close());

async function send(method: string, path: string, body?: object) {
  const answer = await fetch(hospital.dicomweb.replace('/dicomweb', `/fhir${path}`), {
    method,
    headers: {
      authorization: `Bearer ${hospital.engine.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    id: answer.headers.get('bithive-message-id'),
    body: text && JSON.parse(text),
  };
}

const identifier = (value: string) => [{ system: 'urn:mrn', value }];
const put = (value: string, more: object = {}) => ({
  resource: { resourceType: 'Patient', identifier: identifier(value), ...more },
  request: { method: 'PUT', url: `Patient?identifier=urn:mrn|${value}` },
});
const patients = async () => (await hospital.search('Patient')).length;

test('a batch with a faulty entry: the others reach the EHR once; the whole is kept with the paths', async () => {
  const bundle = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [put('1'), put('2', { gender: 'x' }), put('3')],
  };
  const first = await send('POST', '', bundle);
  const again = await send('POST', '', bundle);
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.body).toEqual(first.body);
  await until(async () => (await patients()) === 2);
  const { store } = hospital.engine;
  const kept = await store.searchMessages({ kind: 'fhir', limit: 10 });
  expect(kept.map(({ status }) => status).sort()).toEqual(['processed', 'quarantined']);
  const taken = kept.find(({ status }) => status === 'processed');
  expect(messageId(Number(first.id))).toBe(taken?.id);
  expect((await store.lineage(taken!.id)).parents).toEqual(
    kept.filter(({ status }) => status === 'quarantined').map(({ id }) => id),
  );
});

test('a resource that a Subscription notifies is put at the EHR; without a body nothing is kept', async () => {
  expect((await send('POST', '/$notify/his')).status).toBe(200);
  const resource = { ...put('9').resource, id: '6f1c1c1e-57b2-4f0e-9a45-2d3b1f6f0001' };
  const answer = await send('PUT', `/$notify/his/Patient/${resource.id}`, resource);
  expect(answer.status).toBe(200);
  await until(async () => (await patients()) === 1);
  const [found] = await hospital.search('Patient');
  expect(found?.id).toBe(resource.id);
  expect(await hospital.engine.store.searchMessages({ kind: 'fhir', limit: 10 })).toHaveLength(1);
});

test('without a token no door opens', async () => {
  for (const [method, path] of [
    ['PUT', '/Patient/1'],
    ['POST', '/$notify/his'],
    ['POST', '/$process-message'],
  ] as const) {
    const answer = await fetch(hospital.dicomweb.replace('/dicomweb', `/fhir${path}`), { method });
    expect([path, answer.status]).toEqual([path, 401]);
  }
});
