import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import type { Resource } from '../../../mappings/index.ts';
import { ImagingProcess } from './imaging-process.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const reportOf = (imaging: ImagingProcess): Resource => imaging.resources('DiagnosticReport')[0] as Resource;

/** Patches of the newest bundle: the type of each patched resource, and what is set. */
function patches(imaging: ImagingProcess): { readonly [type: string]: unknown } {
  const patched = (imaging.bundles.at(-1)?.entry ?? []).filter(({ request }) => request.method === 'PATCH');
  return Object.fromEntries(
    patched.map(({ request, resource }) => [
      request.url.split('?')[0],
      JSON.parse(Buffer.from(String(resource.data), 'base64').toString('utf8')),
    ]),
  );
}

/** A link is two transactions: what makes sure that the report is there, and the patch. */
const linkBundles = 2;

/** A report was written, and no order is known. */
function reported(imaging: ImagingProcess): Resource {
  imaging.finding(imaging.study());
  expect(imaging.bundles).toHaveLength(1);
  expect(imaging.resources('ServiceRequest')).toEqual([]);
  return reportOf(imaging);
}

/** The report of this version, whoever signed it since. */
function urlOfVersion({ identifier }: Resource): string {
  const [, { system, value } = {}] = identifier as { system?: string; value?: string }[];
  return `DiagnosticReport?identifier=${system}|${value}`;
}

describe('an order that comes after the report', () => {
  test('is patched into the report, once, and no model runs again', () => {
    const imaging = new ImagingProcess();
    const first = reported(imaging);
    imaging.pass(10 * 60_000);
    imaging.order();
    imaging.pass(hourMs);

    expect(imaging.bundles).toHaveLength(1 + linkBundles);
    expect(imaging.jobs).toHaveLength(1);
    const [, ensured, linked] = imaging.bundles;
    expect(validate(ensured)).toEqual([]);
    expect(validate(linked)).toEqual([]);
    const ofReport = (bundle: typeof linked) =>
      bundle?.entry.find(({ request }) => /DiagnosticReport/.test(request.url));
    const basedOn = [
      { type: 'ServiceRequest', identifier: { system: 'https://his.example/order', value: 'P1' } },
    ];
    const add = [{ op: 'add', path: '/basedOn', value: basedOn }];
    expect(patches(imaging)).toEqual({ DiagnosticReport: add, ImagingStudy: add });
    expect(decodeURIComponent(ofReport(linked)?.request.url ?? '')).toBe(urlOfVersion(first));
    // Where the receiver lost it, it is written as it was; where it has it, nothing is overwritten.
    const { basedOn: byAccession, result: _result, ...rest } = first;
    expect(byAccession).toMatchObject([{ identifier: { value: 'ACC1' } }]);
    expect(ofReport(ensured)).toMatchObject({ request: { method: 'POST' }, resource: rest });
    expect(
      imaging.bundles.slice(1).flatMap(({ entry }) => entry.map(({ request }) => request.method)),
    ).not.toContain('PUT');

    imaging.pass(30 * dayMs);
    expect(imaging.bundles).toHaveLength(1 + linkBundles);
    expect([...imaging.states.keys()].filter((key) => key.includes('awaited'))).toEqual([]);
  });

  test('leaves a Provenance that says why the report has another version', () => {
    const imaging = new ImagingProcess();
    reported(imaging);
    const [ofRun] = imaging.resources('Provenance');
    imaging.order();
    imaging.pass(hourMs);
    const [ofLink, ...more] = imaging.resources('Provenance');
    expect(more).toEqual([]);
    expect(ofLink).toMatchObject({
      reason: [{ text: expect.stringContaining('The order came after the report') }],
      entity: [{ what: { display: 'Order of message 77' } }],
    });
    expect(ofLink?.meta).not.toEqual(ofRun?.meta);
  });

  test('is looked for at the latest a quarter of its delay after it came, and seldom', () => {
    const imaging = new ImagingProcess();
    reported(imaging);
    const looks = imaging.pass(7 * dayMs - 2_000);
    expect(looks.length).toBeLessThan(80);
    imaging.order();
    imaging.pass(6 * hourMs);
    expect(imaging.bundles).toHaveLength(1 + linkBundles);
  });

  test.each([2, 10, 45, 180])('%d minutes late', (minutes) => {
    const imaging = new ImagingProcess();
    reported(imaging);
    imaging.pass(minutes * 60_000);
    imaging.order();
    imaging.pass((minutes * 60_000) / 4 + 10_000);
    expect(imaging.bundles).toHaveLength(1 + linkBundles);
  });

  test('while the model runs is linked at once, and nothing waits', () => {
    const imaging = new ImagingProcess();
    const job = imaging.study();
    expect(job.job.order).toBeUndefined();
    imaging.order();
    imaging.finding(job);
    expect(imaging.resources('ServiceRequest')).toHaveLength(1);
    imaging.pass(dayMs);
    expect(imaging.bundles).toHaveLength(1);
  });

  test('while the study is open again is linked by the report of the next version only', () => {
    const imaging = new ImagingProcess();
    reported(imaging);
    imaging.pass(9_700);
    imaging.instance({ sopInstanceUid: '1.2.3.1.2' });
    imaging.order();
    imaging.pass(500);
    expect(imaging.bundles).toHaveLength(1);
    imaging.pass(2_000);
    imaging.finding(imaging.jobs[1] as never);
    expect(imaging.bundles).toHaveLength(2);
    expect(reportOf(imaging).basedOn).toEqual([{ reference: expect.stringContaining('urn:uuid:') }]);
    imaging.pass(dayMs);
    expect(imaging.bundles).toHaveLength(2);
  });

  test('of several models links each of their reports', () => {
    const imaging = new ImagingProcess();
    const job = imaging.study();
    imaging.finding(job);
    imaging.finding({ job: { ...job.job, model: 'other' } });
    imaging.order();
    imaging.pass(hourMs);
    expect(imaging.bundles).toHaveLength(2 + 2 * linkBundles);
    const linked = [3, 5].map((bundle) =>
      imaging.bundles[bundle]?.entry.find(({ request }) => /^DiagnosticReport/.test(request.url)),
    );
    const reports = [0, 1].map((bundle) => imaging.resources('DiagnosticReport', imaging.bundles[bundle])[0]);
    expect(new Set(linked.map((entry) => decodeURIComponent(entry?.request.url ?? '')))).toEqual(
      new Set(reports.map((report) => urlOfVersion(report as Resource))),
    );
  });

  test('never is given up in time, and leaves nothing behind', () => {
    const imaging = new ImagingProcess({ report: '{ map: finding-to-fhir, orderDays: 1 }' });
    reported(imaging);
    const looks = imaging.pass(3 * dayMs);
    expect(looks.at(-1)?.report).toMatchObject({ order: expect.stringContaining('not come in time') });
    imaging.order();
    imaging.pass(10 * dayMs);
    expect(imaging.bundles).toHaveLength(1);
    expect([...imaging.states.keys()].filter((key) => key.includes('awaited'))).toEqual([]);
  });

  test('is not waited for longer than the images are kept', () => {
    const imaging = new ImagingProcess({ report: '{ map: finding-to-fhir, orderDays: 60 }' });
    reported(imaging);
    const looks = imaging.pass(31 * dayMs);
    expect(looks.at(-1)?.report).toMatchObject({ order: expect.stringContaining('forgotten') });
    expect([...imaging.states.keys()]).toEqual(['imaging 1.2.3']);
    expect(imaging.timers.size).toBe(0);
  });

  test('is not waited for where the site says so, or the images have no accession number', () => {
    const off = new ImagingProcess({ report: '{ map: finding-to-fhir, orderDays: 0 }' });
    reported(off);
    expect([...off.timers.values()].map(({ name }) => name)).toEqual(['study-forget']);
    const nameless = new ImagingProcess();
    nameless.finding(nameless.study({ accessionNumber: '' }));
    expect([...nameless.timers.values()].map(({ name }) => name)).toEqual(['study-forget']);
  });

  test('a refusal is linked as a refusal', () => {
    const imaging = new ImagingProcess();
    const refusal = { status: 'refused', code: 'BH_MODEL_INPUT', reason: 'no chest' };
    imaging.finding(imaging.study(), refusal);
    expect(reportOf(imaging)).toMatchObject({ status: 'cancelled' });
    imaging.order();
    imaging.pass(hourMs);
    expect(Object.keys(patches(imaging))).toContain('DiagnosticReport');
  });
});

describe('an order of another patient', () => {
  test('neither sets the priority nor reaches the model, and the operator is told', () => {
    const imaging = new ImagingProcess();
    imaging.order({ patientId: '2002', urgency: 'stat' });
    imaging.instance();
    const [quiet] = imaging.pass(1_500);
    expect(imaging.jobs).toMatchObject([{ priority: 0, job: { model: 'chest', urgency: 'routine' } }]);
    expect(imaging.jobs[0]?.job.order).toBeUndefined();
    expect(quiet?.report).toMatchObject({ issues: [{ code: 'BH_ORDER_PATIENT', severity: 'error' }] });
    expect(JSON.stringify(quiet?.report)).not.toMatch(/1001|2002/);
  });

  test('that is put right later is linked; the wrong one is told once', () => {
    const imaging = new ImagingProcess();
    reported(imaging);
    imaging.order({ patientId: '2002', messageId: 5 });
    const told = imaging.pass(hourMs).filter(({ report }) => report?.issues !== undefined);
    expect(told).toHaveLength(1);
    expect(imaging.bundles).toHaveLength(1);
    imaging.order({ messageId: 6 });
    imaging.pass(hourMs);
    expect(imaging.bundles).toHaveLength(1 + linkBundles);
    expect(Object.keys(patches(imaging))).toContain('DiagnosticReport');
  });

  test('is none when the images carry another id of the same patient', () => {
    const imaging = new ImagingProcess();
    imaging.order({ patientId: '77', otherPatientIds: ['1001'] });
    imaging.finding(imaging.study());
    expect(imaging.jobs[0]).toMatchObject({ priority: 9 });
    expect(imaging.resources('ServiceRequest')).toHaveLength(1);
  });

  test('one image of another patient is enough', () => {
    const imaging = new ImagingProcess();
    imaging.order();
    imaging.instance();
    imaging.instance({ sopInstanceUid: '1.2.3.1.2', patientId: '2002' });
    imaging.pass(1_500);
    expect(imaging.jobs[0]).toMatchObject({ priority: 0 });
  });

  test('the right order still sets the priority', () => {
    const imaging = new ImagingProcess();
    imaging.order();
    imaging.study();
    expect(imaging.jobs.map(({ priority, job }) => [job.model, priority, job.order?.messageId])).toEqual([
      ['chest', 9, 77],
      ['stat-only', 9, 77],
    ]);
  });
});
