import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Hl7Message, parseMessage } from '../../../formats/hl7v2/index.ts';
import { outboundSettingsSchema } from '../../../mappings/fhir-to-hl7v2/settings.ts';
import { parseWithDigits } from '../../../mappings/fhir-to-hl7v2/values/digits.ts';
import { printBundle, type Resource } from '../../../mappings/index.ts';
import { header, map, messageOf, receivedAtMs } from '../site.ts';
import { outbound } from './outbound.ts';

/** Text as people write it, without space at its ends; separators of HL7 among it. */
const text = fc
  .stringMatching(/^[A-Za-zÄÖÜäöüßé0-9'&|^~\\.-]{1,12}$/)
  .filter((one) => one !== '""' && /[A-Za-z0-9]/.test(one));
const id = fc.stringMatching(/^[A-Z0-9]{1,12}$/);
const date = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2026-11-01'), noInvalidDate: true })
  .map((one) => one.toISOString().slice(0, 10));
const digits = fc
  .tuple(fc.nat(99_999), fc.stringMatching(/^[0-9]{0,4}$/))
  .map(([whole, fraction]) => `${whole}${fraction === '' ? '' : `.${fraction}`}`);
const measured = fc.record({
  code: id,
  display: text,
  digits,
  comparator: fc.constantFrom('', '<', '<=', '>', '>='),
  unit: fc.constantFrom('mg/dL', 'mmol/L', '%', 'ng/L'),
});
const facts = fc.record({
  mrn: id,
  family: text,
  given: text,
  birthDate: date,
  sex: fc.constantFrom('M', 'F', 'O', 'U'),
  placer: id,
  filler: id,
  code: id,
  display: text,
  status: fc.constantFrom('P', 'F', 'C', 'X'),
  results: fc.array(measured, { maxLength: 4 }),
});
type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

const escaped = (one: string): string =>
  one.replace(/[\\|^~&]/g, (sign) => `\\${{ '\\': 'E', '|': 'F', '^': 'S', '~': 'R', '&': 'T' }[sign]}\\`);

function oru(one: Facts): Hl7Message {
  const code = `${one.code}^${escaped(one.display)}^LN`;
  const results = one.results.map((result, index) => {
    const value = result.comparator === '' ? result.digits : `${result.comparator}^${result.digits}`;
    const type = result.comparator === '' ? 'NM' : 'SN';
    const subject = `${result.code}^${escaped(result.display)}^LN`;
    return `OBX|${index + 1}|${type}|${subject}|${index + 1}|${value}|${result.unit}^^UCUM|||||F`;
  });
  return messageOf(
    header('ORU^R01^ORU_R01'),
    `PID|1||${one.mrn}^^^HOSP^MR||${escaped(one.family)}^${escaped(one.given)}||${one.birthDate.replaceAll('-', '')}|${one.sex}`,
    `ORC|RE|${one.placer}^PL|${one.filler}^FI`,
    `OBR|1|${one.placer}^PL|${one.filler}^FI|${code}|||20261122073000+0100${'|'.repeat(18)}${one.status}`,
    ...results,
  );
}

const sendAll = outboundSettingsSchema.parse({});
function toHl7(body: string): Hl7Message {
  const { messages } = outbound.convert(parseWithDigits(body), sendAll, { receivedAtMs, controlId: '1' });
  expect(messages).toHaveLength(1);
  return parseMessage(messages[0]!.bytes);
}

/** What must survive, whatever else changes its form. */
function keyFields(message: Hl7Message): unknown {
  return {
    mrn: [message.get('PID-3.1'), message.get('PID-3.4.1'), message.get('PID-3.5')],
    name: [message.get('PID-5.1.1'), message.get('PID-5.2')],
    birthDate: message.get('PID-7'),
    sex: message.get('PID-8'),
    orders: [message.get('OBR-2.1'), message.get('OBR-2.2'), message.get('OBR-3.1'), message.get('OBR-3.2')],
    report: [message.get('OBR-4.1'), message.get('OBR-4.2'), message.get('OBR-4.3'), message.get('OBR-25')],
    results: message.all('OBX').map((obx) => ({
      code: [obx.get(3), obx.get(3, 1, 2), obx.get(3, 1, 3)],
      type: obx.get(2),
      value: [obx.get(5), obx.get(5, 1, 2)],
      unit: [obx.get(6), obx.get(6, 1, 3)],
      status: obx.get(11),
    })),
  };
}

test('a result that goes to FHIR and back says the same of patient, order, report and values', () => {
  fc.assert(
    fc.property(facts, (one) => {
      const sent = oru(one);
      const { bundle } = map.convert(sent, { receivedAtMs, messageId: 1 });
      expect(keyFields(toHl7(printBundle(bundle)))).toEqual(keyFields(sent));
    }),
    { numRuns: 60 },
  );
});

const sexes: { readonly [sex: string]: string } = { M: 'male', F: 'female', O: 'other', U: 'unknown' };
const statuses: { readonly [status: string]: string } = {
  P: 'preliminary',
  F: 'final',
  C: 'corrected',
  X: 'cancelled',
};
const coded = (code: string, display: string) => ({
  coding: [{ system: 'http://loinc.org', code, display }],
});
const typed = (code: string, system: string, value: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system,
  value,
});

/** The same facts as FHIR; the digits of a number as they are, which JSON.stringify would not keep. */
function fhirBody(one: Facts): string {
  const observation = (result: Facts['results'][number], index: number) => ({
    resourceType: 'Observation',
    id: `o${index}`,
    status: 'final',
    code: coded(result.code, result.display),
    subject: { reference: 'Patient/p' },
    valueQuantity: {
      value: `#${result.digits}#`,
      ...(result.comparator === '' ? {} : { comparator: result.comparator }),
      unit: result.unit,
      system: 'http://unitsofmeasure.org',
      code: result.unit,
    },
  });
  const resources = [
    {
      resourceType: 'DiagnosticReport',
      id: 'r',
      identifier: [typed('FILL', 'urn:oid:1.2.4', one.filler)],
      status: statuses[one.status],
      code: coded(one.code, one.display),
      subject: { reference: 'Patient/p' },
      basedOn: [{ reference: 'ServiceRequest/s' }],
      result: one.results.map((_, index) => ({ reference: `Observation/o${index}` })),
    },
    {
      resourceType: 'Patient',
      id: 'p',
      identifier: [typed('MR', 'https://hosp.example/mrn', one.mrn)],
      name: [{ family: one.family, given: [one.given] }],
      birthDate: one.birthDate,
      gender: sexes[one.sex],
    },
    {
      resourceType: 'ServiceRequest',
      id: 's',
      identifier: [typed('PLAC', 'urn:oid:1.2.3', one.placer), typed('FILL', 'urn:oid:1.2.4', one.filler)],
      status: 'active',
      intent: 'order',
      code: coded(one.code, one.display),
      subject: { reference: 'Patient/p' },
    },
    ...one.results.map(observation),
  ];
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    entry: resources.map((resource) => ({ resource })),
  };
  return JSON.stringify(bundle).replace(/"#([\d.]+)#"/g, '$1');
}

test('a report that goes to HL7 v2 and back says the same of patient, order, report and values', () => {
  fc.assert(
    fc.property(facts, (one) => {
      const { bundle } = map.convert(toHl7(fhirBody(one)), { receivedAtMs, messageId: 1 });
      const all = bundle.entry.map(({ resource }) => resource);
      const of = (type: string): readonly Resource[] =>
        all.filter(({ resourceType }) => resourceType === type);
      expect(of('Patient')[0]).toMatchObject({
        identifier: [{ system: 'https://hosp.example/mrn', value: one.mrn }],
        name: [{ family: one.family, given: [one.given] }],
        birthDate: one.birthDate,
        gender: sexes[one.sex],
      });
      const numbers = of('ServiceRequest').flatMap(
        ({ identifier }) => identifier as unknown as { system: string; value: string }[],
      );
      expect(numbers.map(({ system, value }) => `${system}|${value}`)).toEqual(
        expect.arrayContaining([`urn:oid:1.2.3|${one.placer}`, `urn:oid:1.2.4|${one.filler}`]),
      );
      expect(of('DiagnosticReport')[0]).toMatchObject({
        status: statuses[one.status],
        code: coded(one.code, one.display),
      });
      const printed = JSON.parse(printBundle(bundle).replace(/"value":(-?[\d.]+)/g, '"value":"$1"')) as {
        entry: { resource: Resource }[];
      };
      const observations = printed.entry
        .map(({ resource }) => resource)
        .filter(({ resourceType }) => resourceType === 'Observation');
      expect(observations).toHaveLength(one.results.length);
      for (const [index, result] of one.results.entries())
        expect(observations[index]).toMatchObject({
          code: coded(result.code, result.display),
          valueQuantity: {
            value: result.digits,
            ...(result.comparator === '' ? {} : { comparator: result.comparator }),
            code: result.unit,
          },
        });
    }),
    { numRuns: 60 },
  );
});
