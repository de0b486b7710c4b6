import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { imagingOrder, registration } from '../../../server/demo/his.ts';
import { type DemoPatient, demoPatients } from '../../../server/demo/patients.ts';
import { until } from '../../until.ts';
import { dicomwebClient, type Hospital, startHospital } from './hospital.ts';

const channels = join(import.meta.dirname, '../../../config/channels');
const text = (name: string): string => readFileSync(join(channels, name), 'utf8');
const timestamp = '20261122080000+0000';

let hospital: Hospital | undefined;
afterEach(async () => {
  await hospital?.close();
  hospital = undefined;
});

async function start(): Promise<Hospital> {
  hospital = await startHospital({
    quietMs: 100,
    channels: {
      'adt-orders.yaml': text('adt-orders.yaml'),
      'imaging-ai.yaml': text('imaging-ai.yaml').replace(
        'report: finding-to-fhir',
        'report: { map: finding-to-fhir, orderFirstMs: 50 }',
      ),
    },
  });
  return hospital;
}

async function sendOrder(running: Hospital, patient: DemoPatient): Promise<void> {
  const his = await running.his();
  expect(await his.send(registration(patient, timestamp))).toBe('AA');
  expect(await his.send(imagingOrder(patient, timestamp))).toBe('AA');
  his.close();
}

const sendImage = (running: Hospital, { file }: DemoPatient) =>
  dicomwebClient(running).storeInstances({ datasets: [Uint8Array.from(readFileSync(file)).buffer] });

test('the order gets into the report that a physician signed meanwhile, and nothing else of it changes; the model ran once', async () => {
  const running = await start();
  const [patient] = await demoPatients();
  if (!patient) throw new TypeError('the demo has patients');
  await sendImage(running, patient);
  await until(async () => (await running.search('DiagnosticReport')).length === 1);
  const [first] = await running.search('DiagnosticReport');
  if (!first) throw new TypeError('the report was found');
  expect(first.conclusion).toContain('Evaluation: PneumoniaMNIST test set, n = 624, 2026-11-22: AUC 0.978');
  const signed = { ...first, status: 'final', conclusion: 'No pneumonia. Dr Muster.' };
  await fetch(`${running.ehr.url}/DiagnosticReport/${first.id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(signed),
  });

  await sendOrder(running, patient);
  const linked = await until(async () => {
    const [report] = await running.search('DiagnosticReport');
    const [order] = report?.basedOn ?? [];
    return order?.identifier?.value === first.basedOn?.[0]?.identifier?.value ? undefined : report;
  });
  const identifier = { system: expect.any(String), value: expect.any(String) };
  expect(linked).toEqual({
    ...signed,
    meta: expect.anything(),
    basedOn: [{ type: 'ServiceRequest', identifier }],
  });
  const [order] = await running.search('ServiceRequest');
  expect(order?.identifier).toContainEqual(expect.objectContaining({ ...linked.basedOn?.[0]?.identifier }));
  expect(await running.engine.store.searchMessages({ kind: 'finding', limit: 9 })).toHaveLength(1);
  expect(await running.search('Observation')).toHaveLength(1);
  expect(await running.search('Patient')).toHaveLength(1);
}, 60_000);

test('an order of another patient under the same accession number blocks the report until an operator decides', async () => {
  const running = await start();
  const [patient, other] = await demoPatients();
  if (!patient || !other) throw new TypeError('the demo has patients');
  await sendOrder(running, { ...other, accession: patient.accession });
  await until(async () => (await running.search('ServiceRequest')).length === 1);
  await sendImage(running, patient);
  const api = async (path: string, body?: object) => {
    const answer = await fetch(running.dicomweb.replace('/dicomweb', `/api/studies${path}`), {
      headers: { Authorization: `Bearer ${running.engine.token}`, 'content-type': 'application/json' },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as { held: { studyInstanceUid: string }[] } };
  };
  const [{ studyInstanceUid: uid }] = await until(async () => {
    const { held } = (await api('/held')).body;
    return held.length === 1 ? (held as [{ studyInstanceUid: string }]) : undefined;
  });
  expect(await running.search('DiagnosticReport')).toEqual([]);
  expect((await api(`/${uid}`)).body).toMatchObject({
    channels: [
      {
        channel: 'imaging-ai',
        status: 'complete',
        versions: [{ version: 1, signal: 'quiet' }],
        order: { kind: 'mismatch', by: 'accession number' },
        held: { code: 'BH_ORDER_PATIENT', models: ['cxr-pneumonia-28'] },
      },
    ],
  });
  expect(await api(`/${uid}/complete`, {})).toMatchObject({ status: 409 });
  expect(await api(`/${uid}/release`, { reason: 'accession number mistyped' })).toMatchObject({
    status: 202,
  });
  await until(async () => (await running.search('DiagnosticReport')).length === 1);
  const [report] = await running.search('DiagnosticReport');
  expect(report).not.toHaveProperty('basedOn');
  expect((await api('/held')).body.held).toEqual([]);
  expect(await api(`/${uid}/release`, {})).toMatchObject({ status: 409 });
  const { text: page } = await metricsOf(running);
  expect(page).toMatch(/bithive_process_issues_total\{channel="imaging-ai",code="BH_ORDER_PATIENT"\} [12]/);
}, 60_000);

async function metricsOf({ dicomweb, engine }: Hospital): Promise<{ readonly text: string }> {
  const answer = await fetch(dicomweb.replace('/dicomweb', '/metrics'), {
    headers: { Authorization: `Bearer ${engine.token}` },
  });
  return { text: await answer.text() };
}
