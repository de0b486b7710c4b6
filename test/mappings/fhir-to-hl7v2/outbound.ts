import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { loadFhirToHl7Map, type OutboundConversion } from '../../../mappings/fhir-to-hl7v2/load.ts';
import { outboundSettingsSchema } from '../../../mappings/fhir-to-hl7v2/settings.ts';
import { parseWithDigits } from '../../../mappings/fhir-to-hl7v2/values/digits.ts';
import { site } from '../site.ts';

export const outbound = loadFhirToHl7Map({ site });
const party = { sendingFacility: 'HOSP', receivingApplication: 'RIS', receivingFacility: 'RAD^1.2.3^ISO' };

/** A body as it may come in: text, so that digits are those of the sender. */
export function convertBody(body: unknown, settings: object = {}): OutboundConversion {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return outbound.convert(parseWithDigits(text), outboundSettingsSchema.parse({ ...party, ...settings }), {
    receivedAtMs: Date.UTC(2026, 10, 22, 7, 0, 0),
    controlId: '7',
  });
}

/** The segments of the only message. */
export function segmentsOf(body: unknown, settings: object = {}): readonly string[] {
  const { messages } = convertBody(body, settings);
  if (messages.length !== 1) throw new RangeError(`${messages.length} messages`);
  return Buffer.from(messages[0]!.bytes).toString('utf8').split('\r').slice(0, -1);
}

export const parsed = (body: unknown, settings: object = {}) =>
  parseMessage(convertBody(body, settings).messages[0]!.bytes);

const v2 = (table: string, code: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/v2-${table}`, code }],
});
export const loinc = (code: string, display: string) => ({
  coding: [{ system: 'http://loinc.org', code, display }],
});
export const typed = (code: string, value: string, system = 'urn:oid:1.2.3.4') => ({
  type: v2('0203', code),
  system,
  value,
});
export const ucum = (value: number, code: string) => ({
  value,
  unit: code,
  system: 'http://unitsofmeasure.org',
  code,
});

export const patient = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [typed('MR', '123', 'https://hosp.example/mrn')],
  name: [{ use: 'official', family: 'Müller & Söhne', given: ['Änne', 'B.'], prefix: ['Dr.'] }],
  gender: 'female',
  birthDate: '1970-02-01',
  address: [{ use: 'home', line: ['Weg 1'], city: 'Berlin', postalCode: '10115', country: 'DE' }],
  telecom: [
    { system: 'phone', use: 'home', value: '+49 30 1' },
    { system: 'email', use: 'work', value: 'a@b.example' },
  ],
};
export const order = {
  resourceType: 'ServiceRequest',
  id: 's1',
  meta: { versionId: '2', lastUpdated: '2026-11-22T09:00:00.123+01:00' },
  identifier: [typed('PLAC', 'P1'), typed('FILL', 'F1'), typed('ACSN', 'A1')],
  status: 'completed',
  intent: 'order',
  priority: 'stat',
  code: loinc('24323-8', 'CMP'),
  subject: { reference: 'Patient/p1' },
  requester: { reference: 'Practitioner/d1' },
  authoredOn: '2026-11-22T08:00:00+01:00',
};
export const practitioner = {
  resourceType: 'Practitioner',
  id: 'd1',
  identifier: [{ system: 'urn:oid:9.9', value: 'D77' }],
  name: [{ family: 'House', given: ['Greg'] }],
};
export const report = {
  resourceType: 'DiagnosticReport',
  id: 'r1',
  meta: { lastUpdated: '2026-11-22T10:00:00Z' },
  identifier: [typed('FILL', 'F1')],
  status: 'final',
  category: [v2('0074', 'CH')],
  code: loinc('24323-8', 'CMP'),
  subject: { reference: 'Patient/p1' },
  basedOn: [{ reference: 'ServiceRequest/s1' }],
  effectiveDateTime: '2026-11-22T08:30:00+01:00',
  issued: '2026-11-22T09:59:00+01:00',
};
export const observation = (id: string, code: object, more: object) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code,
  ...more,
});

export const bundle = (...resources: readonly object[]) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource })),
});

/** A report with its results. */
export const reported = (observations: readonly { readonly id: string }[], more: object = {}) =>
  bundle(
    { ...report, result: observations.map(({ id }) => ({ reference: `Observation/${id}` })), ...more },
    patient,
    order,
    practitioner,
    ...observations,
  );
