/** Valid R4 resources of our own making, for tests that break one thing at a time. */
export const observation = () => ({
  resourceType: 'Observation',
  id: 'obs-1',
  status: 'final',
  category: [
    {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }],
    },
  ],
  code: { coding: [{ system: 'http://loinc.org', code: '718-7', display: 'Hemoglobin' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-01T08:30:00+01:00',
  issued: '2026-03-01T08:45:00.000+01:00',
  valueQuantity: { value: 13.2, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' },
  referenceRange: [{ low: { value: 12, unit: 'g/dL' }, high: { value: 16, unit: 'g/dL' } }],
});

export const condition = () => ({
  resourceType: 'Condition',
  clinicalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
  },
  verificationStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }],
  },
  code: { text: 'Pneumonia' },
  subject: { reference: 'Patient/p1' },
});

export const report = () => ({
  resourceType: 'DiagnosticReport',
  contained: [{ resourceType: 'Practitioner', id: 'pr', name: [{ family: 'Weiss' }] }],
  status: 'preliminary',
  code: { coding: [{ system: 'http://loinc.org', code: '36643-5' }] },
  subject: { reference: 'Patient/p1' },
  performer: [{ reference: '#pr' }],
  effectiveDateTime: '2026-03-01',
  result: [{ reference: 'Observation/obs-1' }],
  presentedForm: [{ contentType: 'text/plain', data: 'SGVsbG8=', url: 'http://example.org/report' }],
});

export const patient = (mrn: string, more: object = {}) => ({
  resourceType: 'Patient',
  identifier: [
    {
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
      system: 'urn:oid:1.2.36.146.595.217.0.1',
      value: mrn,
    },
  ],
  name: [{ family: 'Doe', given: ['Jane', 'Ann'] }],
  gender: 'female',
  birthDate: '1970-02-28',
  ...more,
});

export const mrnQuery = (mrn: string) => `identifier=urn:oid:1.2.36.146.595.217.0.1|${mrn}`;

export const transaction = (entries: object[]) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: entries,
});

export const putPatient = (mrn: string, more: object = {}) => ({
  fullUrl: `urn:uuid:00000000-0000-5000-8000-${mrn.padStart(12, '0')}`,
  resource: patient(mrn, more),
  request: { method: 'PUT', url: `Patient?${mrnQuery(mrn)}` },
});
