import { describe, expect, test } from '@jest/globals';
import type { BlobHash } from '../../../core/ids.ts';
import type { CompletedFinding, RefusedFinding } from '../../../core/inference.ts';
import type { OrderFacts } from '../../../core/order.ts';
import type { StudyInstance } from '../../../core/study.ts';
import { validate } from '../../../formats/fhir/index.ts';
import {
  type Bundle,
  findingToBundle,
  lateLinkToBundles,
  parseSiteSettings,
  type Resource,
} from '../../../mappings/index.ts';
import { convert, entriesOf, header, site } from '../site.ts';

const instance = (number: number): StudyInstance => ({
  sopInstanceUid: `1.2.3.1.${number}`,
  sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  studyInstanceUid: '1.2.3',
  seriesInstanceUid: '1.2.3.1',
  modality: 'DX',
  accessionNumber: 'F1',
  patientId: '1001',
  patientName: 'Muster^Max^^Dr.',
  patientBirthDate: '19640229',
  patientSex: 'M',
  studyDate: '20261122',
  studyTime: '091500.5',
  instanceNumber: number,
  blob: 'a'.repeat(64) as BlobHash,
  bytesCount: 1000,
  receivedAtMs: 0,
});
const order: OrderFacts = {
  accessionNumber: 'F1',
  patientId: '1001',
  urgency: 'stat',
  messageId: 7,
  identifiers: [{ system: 'https://his.example/order', value: 'P1' }],
};
const completed: CompletedFinding = {
  status: 'completed',
  study: { studyInstanceUid: '1.2.3', version: 1, instances: [instance(1), instance(2)], completedAtMs: 0 },
  order,
  model: {
    name: 'cxr-demo',
    version: '1.0.0',
    sha256: 'f'.repeat(64),
    intendedUse: 'Shows the path <only>.',
    publisher: 'BitHive',
    licence: 'CC-BY-4.0',
  },
  ranAtMs: Date.UTC(2026, 10, 22, 8, 20, 30, 250),
  durationMs: 41.6,
  sopInstanceUid: '1.2.3.1.1',
  target: { code: '233604007', system: 'http://snomed.info/sct', display: 'Pneumonia' },
  probability: 0.9734,
  threshold: 0.5,
  positive: true,
};
const {
  sopInstanceUid: _sop,
  target: _target,
  probability: _p,
  threshold: _t,
  positive: _pos,
  ...base
} = completed;
const refused: RefusedFinding = {
  ...base,
  status: 'refused',
  code: 'BH_MODEL_OUT_OF_DISTRIBUTION',
  reason: 'the image is no chest radiograph',
};

const one = (bundle: Bundle, type: string): Resource | undefined =>
  bundle.entry.find((entry) => entry.resource.resourceType === type)?.resource;
const url = (bundle: Bundle, type: string): string | undefined =>
  bundle.entry.find((entry) => entry.resource.resourceType === type)?.request.url;

describe('a completed finding', () => {
  const bundle = findingToBundle(completed, site);

  test('is a transaction of valid R4 whose references resolve', () => {
    expect(validate(bundle)).toEqual([]);
    const known = new Set(bundle.entry.map((entry) => entry.fullUrl));
    JSON.stringify(bundle, (name, value: unknown) => {
      if (name === 'reference') expect(known).toContain(value);
      return value;
    });
    expect(bundle.entry.map((entry) => entry.resource.resourceType)).toEqual([
      'Patient',
      'ServiceRequest',
      'ImagingStudy',
      'Device',
      'Observation',
      'DiagnosticReport',
      'Provenance',
    ]);
  });

  test('ensures its order, so that one that the EHR refused does not take the report with it', () => {
    const entry = bundle.entry.find(({ resource }) => resource.resourceType === 'ServiceRequest');
    expect(entry?.request).toEqual({
      method: 'POST',
      url: 'ServiceRequest',
      ifNoneExist: 'identifier=https%3A%2F%2Fhis.example%2Forder%7CP1',
    });
    expect(entry?.resource).toMatchObject({ status: 'unknown', intent: 'order' });
    expect(one(bundle, 'DiagnosticReport')?.basedOn).toEqual([{ reference: entry?.fullUrl }]);
  });

  test('reports it as preliminary, with model, version and intended use, at the time the model ran', () => {
    const report = one(bundle, 'DiagnosticReport');
    expect(report).toMatchObject({
      status: 'preliminary',
      issued: '2026-11-22T09:20:30.250+01:00',
      effectiveDateTime: '2026-11-22T09:15:00.5+01:00',
    });
    expect(report?.conclusion).toMatch(
      /Pneumonia: positive .*0\.9734.*\n.*not reviewed by a physician.*\n.*cxr-demo 1\.0\.0.*Shows the path <only>/,
    );
    const html = Buffer.from(
      (report?.presentedForm as { data: string }[] | undefined)?.[0]?.data ?? '',
      'base64',
    ).toString();
    expect(html).toContain('Shows the path &lt;only&gt;.');
  });

  test('gives the probability as a proportion with its threshold', () => {
    expect(one(bundle, 'Observation')).toMatchObject({
      status: 'preliminary',
      valueQuantity: { value: 0.9734, unit: '1', system: 'http://unitsofmeasure.org', code: '1' },
      interpretation: [{ coding: [{ code: 'POS' }] }],
      referenceRange: [{ high: { value: 0.5 } }],
    });
  });

  test('names the images by UID and accession number', () => {
    expect(one(bundle, 'ImagingStudy')).toMatchObject({
      identifier: [
        { system: 'urn:dicom:uid', value: 'urn:oid:1.2.3' },
        { type: { coding: [{ code: 'ACSN' }] }, value: 'F1' },
      ],
      numberOfSeries: 1,
      numberOfInstances: 2,
      started: '2026-11-22T09:15:00.5+01:00',
    });
  });

  test('is of the Patient and the ServiceRequest that HL7 gave', () => {
    const adt = convert(header('ADT^A04'), 'PID|1||1001^^^HOSP^MR||Muster^Max');
    expect(bundle.entry.find((entry) => entry.resource.resourceType === 'Patient')?.fullUrl).toBe(
      entriesOf(adt, 'Patient')[0]?.fullUrl,
    );
    expect(url(bundle, 'Patient')).toBe('Patient');
  });

  test('has a PDF beside the HTML where the site wants one, the same whenever it is made', () => {
    const made = () => findingToBundle(completed, site, ['html', 'pdf']);
    const forms = one(made(), 'DiagnosticReport')?.presentedForm as { contentType: string; data: string }[];
    expect(forms.map(({ contentType }) => contentType)).toEqual(['text/html', 'application/pdf']);
    expect(Buffer.from(forms[1]?.data ?? '', 'base64').toString('latin1')).toMatch(/^%PDF-/);
    expect(validate(made())).toEqual([]);
    expect(JSON.stringify(made())).toBe(JSON.stringify(made()));
  });

  test('gives the same bytes again', () => {
    expect(JSON.stringify(findingToBundle(completed, site))).toBe(JSON.stringify(bundle));
  });
});

describe('identity of a report', () => {
  test('a later version of the study or the model updates it', () => {
    const study = { ...completed.study, version: 2, instances: [instance(1), instance(2), instance(3)] };
    const later = findingToBundle(
      { ...completed, study, model: { ...completed.model, version: '2.0.0', sha256: 'e'.repeat(64) } },
      site,
    );
    const first = findingToBundle(completed, site);
    for (const type of ['DiagnosticReport', 'Observation', 'ImagingStudy'])
      expect(url(later, type)).toBe(url(first, type));
    const provenance = (bundle: Bundle) =>
      bundle.entry.find((entry) => entry.resource.resourceType === 'Provenance')?.fullUrl;
    expect(provenance(later)).not.toBe(provenance(first));
    expect(one(later, 'Device')?.identifier).not.toEqual(one(first, 'Device')?.identifier);
  });

  test('where the site writes ids each version has its own, for an id cannot ask whether it was signed', () => {
    const own = parseSiteSettings({ ...site, write: 'client-id' });
    const urls = [1, 2].map((version) => {
      const bundle = findingToBundle({ ...completed, study: { ...completed.study, version } }, own);
      return [url(bundle, 'DiagnosticReport'), url(bundle, 'Observation'), url(bundle, 'ImagingStudy')];
    });
    expect(urls[0]?.[0]).not.toBe(urls[1]?.[0]);
    expect(urls[0]?.[1]).not.toBe(urls[1]?.[1]);
    expect(urls[0]?.[2]).toBe(urls[1]?.[2]);
    const late = lateLinkToBundles(completed, own, { linkedAtMs: 0, messageId: 7 });
    expect(late.bundle.entry.map(({ request }) => request.url)).toContain(urls[0]?.[0]);
  });

  test('another model has another report', () => {
    const other = findingToBundle({ ...completed, model: { ...completed.model, name: 'other' } }, site);
    expect(url(other, 'DiagnosticReport')).not.toBe(
      url(findingToBundle(completed, site), 'DiagnosticReport'),
    );
  });
});

describe('the order', () => {
  test('that is not known is named by its accession number only', () => {
    const { order: _order, ...without } = completed;
    expect(one(findingToBundle(without, site), 'DiagnosticReport')?.basedOn).toEqual([
      {
        type: 'ServiceRequest',
        identifier: expect.objectContaining({ system: 'https://bithive.example/id/accession', value: 'F1' }),
      },
    ]);
  });

  test('of another patient is not taken', () => {
    const bundle = findingToBundle({ ...completed, order: { ...order, patientId: '2002' } }, site);
    expect(one(bundle, 'ServiceRequest')).toBeUndefined();
    // Nor by the accession number that it shares: that names the other patient's order.
    expect(one(bundle, 'DiagnosticReport')).not.toHaveProperty('basedOn');
    expect(one(bundle, 'ImagingStudy')).not.toHaveProperty('basedOn');
    expect(one(bundle, 'DiagnosticReport')?.conclusion).toContain('is of another patient');
  });

  test('is referred to by id where the site writes ids', () => {
    const own = parseSiteSettings({ ...site, write: 'client-id' });
    const bundle = findingToBundle(completed, own);
    expect(JSON.stringify(one(bundle, 'DiagnosticReport')?.basedOn)).toMatch(
      /"ServiceRequest\/[0-9a-f-]{36}"/,
    );
    expect(validate(bundle)).toEqual([]);
  });
});

describe('the evaluation of the model', () => {
  const evaluation = [
    {
      data: 'Test set A',
      n: 624,
      date: '2026-11-22',
      auc: 0.97844,
      accuracy: 0.9022,
      sensitivity: 0.9923,
      specificity: 0.7521,
    },
  ];
  const evaluated = findingToBundle({ ...completed, model: { ...completed.model, evaluation } }, site);
  const line =
    'Evaluation: Test set A, n = 624, 2026-11-22: AUC 0.978, accuracy 0.902, sensitivity 0.992, specificity 0.752.';
  const htmlOf = (bundle: Bundle) =>
    Buffer.from(
      (one(bundle, 'DiagnosticReport')?.presentedForm as { data: string }[] | undefined)?.[0]?.data ?? '',
      'base64',
    ).toString();

  test('stands in the report with its n and date', () => {
    expect(String(one(evaluated, 'DiagnosticReport')?.conclusion).split('\n')).toContain(line);
    expect(htmlOf(evaluated)).toContain(line);
  });
  test('stands in the Device, as text and as figures', () => {
    expect(one(evaluated, 'Device')).toMatchObject({
      note: expect.arrayContaining([{ text: line }]),
      property: expect.arrayContaining([
        {
          type: { text: 'AUC on Test set A, n = 624, 2026-11-22' },
          valueQuantity: [{ value: 0.97844, unit: '1', system: 'http://unitsofmeasure.org', code: '1' }],
        },
      ]),
    });
    expect(validate(evaluated)).toEqual([]);
  });
  test('that is not on file is said to be missing', () => {
    for (const model of [completed.model, { ...completed.model, evaluation: [] }]) {
      const bundle = findingToBundle({ ...completed, model }, site);
      expect(one(bundle, 'DiagnosticReport')?.conclusion).toContain(
        'No evaluation of this model is on file.',
      );
      expect(htmlOf(bundle)).toContain('No evaluation of this model is on file.');
      expect(one(bundle, 'Device')).not.toHaveProperty('property');
    }
  });
});

describe('a refusal', () => {
  test('is a cancelled report with the reason and no finding', () => {
    const bundle = findingToBundle(refused, site);
    expect(one(bundle, 'DiagnosticReport')).toMatchObject({ status: 'cancelled' });
    expect(one(bundle, 'DiagnosticReport')?.conclusion).toContain(
      'the image is no chest radiograph (BH_MODEL_OUT_OF_DISTRIBUTION)',
    );
    expect(one(bundle, 'Observation')).toBeUndefined();
    expect(validate(bundle)).toEqual([]);
  });

  test('of a later version takes the earlier finding back', () => {
    const bundle = findingToBundle({ ...refused, study: { ...refused.study, version: 2 } }, site);
    expect(one(bundle, 'Observation')).toMatchObject({ status: 'cancelled' });
    expect(url(bundle, 'Observation')).toBe(url(findingToBundle(completed, site), 'Observation'));
    expect(validate(bundle)).toEqual([]);
  });
});

test('images that say nothing of the patient still give a valid report', () => {
  const {
    accessionNumber: _a,
    patientId: _i,
    patientName: _n,
    patientBirthDate: _b,
    studyDate: _d,
    ...bare
  } = instance(1);
  const { order: _order, ...rest } = completed;
  const bundle = findingToBundle({ ...rest, study: { ...completed.study, instances: [bare] } }, site);
  expect(validate(bundle)).toEqual([]);
  expect(one(bundle, 'DiagnosticReport')).not.toHaveProperty('basedOn');
});
