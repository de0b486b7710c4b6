import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { readDataset, tags, writableOf, writePart10 } from '../../../formats/dicom/index.ts';
import { demoPatients } from '../../../server/demo/patients.ts';
import { until } from '../../until.ts';
import { dicomwebClient, type EhrResource, type Hospital, startHospital } from './hospital.ts';

let hospital: Hospital | undefined;
afterEach(async () => {
  await hospital?.close();
  hospital = undefined;
});

const store = (running: Hospital, bytes: Uint8Array) =>
  dicomwebClient(running).storeInstances({ datasets: [Uint8Array.from(bytes).buffer] });

/** The image again as another instance of the same study. */
function anotherInstance(bytes: Uint8Array): Uint8Array {
  const dataset = readDataset(bytes);
  const sopInstanceUid = '2.25.1';
  const uid = { vr: 'UI', value: [sopInstanceUid] };
  return writePart10(new Map(writableOf(dataset)).set(tags.sopInstanceUid, uid), {
    transferSyntaxUid: dataset.transferSyntaxUid,
    sopClassUid: dataset.text(tags.sopClassUid) ?? '',
    sopInstanceUid,
  });
}

async function reportedStudy(): Promise<{ running: Hospital; image: Uint8Array; report: EhrResource }> {
  hospital = await startHospital({ quietMs: 100 });
  const running = hospital;
  const [patient] = await demoPatients();
  if (!patient) throw new TypeError('the demo has patients');
  const image = readFileSync(patient.file);
  await store(running, image);
  const report = await until(async () => (await running.search('DiagnosticReport'))[0]);
  return { running, image, report };
}

async function change(running: Hospital, resource: EhrResource, to: object): Promise<EhrResource> {
  const answer = await fetch(`${running.ehr.url}/${resource.resourceType}/${resource.id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ ...resource, ...to }),
  });
  return (await answer.json()) as EhrResource;
}

test('a report that a physician signed stays when the study comes again; the later version is a report of its own', async () => {
  const { running, image, report } = await reportedStudy();
  const [observation] = await running.search('Observation');
  if (!observation) throw new TypeError('the report has its observation');
  const signed = await change(running, report, { status: 'final', conclusion: 'No pneumonia. Dr Muster.' });
  const confirmed = await change(running, observation, { status: 'final' });

  await store(running, anotherInstance(image));
  const reports = await until(async () => {
    const found = await running.search('DiagnosticReport');
    return found.length === 2 ? found : undefined;
  });
  expect(reports.find(({ id }) => id === report.id)).toEqual(signed);
  const later = reports.find(({ id }) => id !== report.id);
  expect(later).toMatchObject({
    status: 'preliminary',
    identifier: [report.identifier?.[0], expect.anything()],
  });
  expect(later?.identifier?.[1]).not.toEqual(report.identifier?.[1]);

  const observations = await running.search('Observation');
  expect(observations.find(({ id }) => id === observation.id)).toEqual(confirmed);
  const [result] = later?.result ?? [];
  expect(observations.map(({ id }) => `Observation/${id}`)).toContain(result?.reference);
  expect(result?.reference).not.toBe(`Observation/${observation.id}`);
}, 60_000);

test('a report that nobody signed is updated in its place', async () => {
  const { running, image, report } = await reportedStudy();
  await store(running, anotherInstance(image));
  const updated = await until(async () => {
    const found = await running.search('DiagnosticReport');
    return found.find((one) => one.identifier?.[1]?.value !== report.identifier?.[1]?.value);
  });
  expect(updated.id).toBe(report.id);
  expect(await running.search('DiagnosticReport')).toHaveLength(1);
  expect(await running.search('Observation')).toHaveLength(1);
}, 60_000);
