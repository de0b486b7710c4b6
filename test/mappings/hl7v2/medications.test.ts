import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import type { FhirObject } from '../../../mappings/bundle/bundle.ts';
import { type Conversion, printBundle } from '../../../mappings/index.ts';
import { convert, entriesOf, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max||19640229|M';
const orc = 'ORC|NW|P1^CPOE|F1^PHARM|||||||||Z1^Arzt^Zoe';
const rde = (...segments: readonly string[]) =>
  convert(header('RDE^O11^RDE_O11'), pid, 'PV1|1|I', ...segments);
const request = (...segments: readonly string[]) => resourceOf(rde(...segments), 'MedicationRequest');
const dosagesOf = (...segments: readonly string[]) => request(...segments).dosageInstruction as FhirObject[];
const errorsIn = ({ bundle }: Conversion) =>
  validate(JSON.parse(printBundle(bundle))).filter(({ severity }) => severity === 'error');
/** RXE with its dose: give code, minimum, maximum, units. */
const rxe = (min: string, max = '', unit = 'mg^milligram^UCUM', more = '') =>
  `RXE||308182^Amoxicillin^RXNORM|${min}|${max}|${unit}|${more}`;

describe('an encoded order', () => {
  const conversion = rde(
    orc,
    'RXO|old^Other^L|99||mg',
    'RXR|IV',
    'RXE||308182^Amoxicillin^RXNORM|500.0||mg^milligram^UCUM|CAP^Capsule^L|^With food||G|20|{c}^capsules|3|||RX77||||2000^mg',
    'NTE|1||to be swallowed',
    'TQ1|1||BID||||20261122080000|20261129080000|S',
    'RXR|PO^Oral^HL70162',
    'ZZ1|x',
    'OBX|1|NM|29463-7^Weight^LN||80.5|kg^kg^UCUM|||||F',
  );
  test('is a MedicationRequest under the placer’s number', () => {
    expect(entriesOf(conversion, 'MedicationRequest')[0]?.request.url).toContain('assigner%2FCPOE%7CP1');
    expect(resourceOf(conversion, 'MedicationRequest')).toMatchObject({
      status: 'active',
      intent: 'order',
      priority: 'stat',
      note: [{ text: 'to be swallowed' }],
      substitution: { allowedCodeableConcept: { coding: [{ code: 'G' }] } },
      dispenseRequest: { quantity: { value: 20, unit: 'capsules' }, numberOfRepeatsAllowed: 3 },
      supportingInformation: [expect.anything()],
    });
  });
  test('has one dosage, of RXE and what follows it; the order as it was asked is not mixed in', () => {
    expect(resourceOf(conversion, 'MedicationRequest').dosageInstruction).toMatchObject([
      {
        timing: {
          repeat: {
            frequency: 2,
            period: 1,
            periodUnit: 'd',
            boundsPeriod: { start: '2026-11-22T08:00:00+01:00', end: '2026-11-29T08:00:00+01:00' },
          },
        },
        route: { coding: [{ code: 'PO' }, { code: 'PO' }] },
        additionalInstruction: [{ text: 'With food' }],
        doseAndRate: [{ doseQuantity: { value: 500, code: 'mg' } }],
        maxDosePerPeriod: { numerator: { value: 2000 }, denominator: { value: 1, code: 'd' } },
      },
    ]);
    expect(printBundle(conversion.bundle)).toContain('"doseQuantity":{"value":500.0,');
    expect(conversion.residue.map(({ path }) => path)).toContain('RXO-2');
  });
  test('with a form contains its Medication', () => {
    const { contained, medicationReference } = resourceOf(conversion, 'MedicationRequest');
    expect(medicationReference).toEqual({ reference: '#medication-1' });
    expect(contained).toEqual([
      {
        resourceType: 'Medication',
        id: 'medication-1',
        code: { coding: [expect.objectContaining({ code: '308182' })] },
        form: { coding: [expect.objectContaining({ code: 'CAP' })] },
      },
    ]);
    expect(errorsIn(conversion)).toEqual([]);
  });
});

describe('an amount to give', () => {
  const doseOf = (min: string, max = '', more = '') => {
    const conversion = rde(orc, rxe(min, max, 'mg', more));
    expect(errorsIn(conversion)).toEqual([]);
    const [dosage] =
      (resourceOf(conversion, 'MedicationRequest').dosageInstruction as FhirObject[] | undefined) ?? [];
    return {
      dose: (dosage?.doseAndRate as FhirObject[] | undefined)?.[0],
      issues: conversion.issues.map(({ row }) => row),
    };
  };
  test('is a dose', () =>
    expect(doseOf('2.50').dose).toMatchObject({ doseQuantity: { value: 2.5, unit: 'mg' } }));
  test('of two is a range', () =>
    expect(doseOf('1', '2').dose).toEqual({
      doseRange: { low: { value: 1, unit: 'mg' }, high: { value: 2, unit: 'mg' } },
    }));
  test('with an end of 0 is a dose', () =>
    expect(doseOf('5', '0').dose).toMatchObject({ doseQuantity: { value: 5 } }));
  test('whose end is less than its start is none', () => {
    expect(doseOf('5', '2')).toEqual({ dose: undefined, issues: ['RXE-3.range'] });
  });
  test.each(['<5', '5-10', 'one', '>1'])('of %s is none, and said', (sent) => {
    expect(doseOf(sent)).toEqual({ dose: undefined, issues: ['RXE-3'] });
  });
  test('per time is a rate', () => {
    const dosages = dosagesOf(orc, `${rxe('100', '', 'mL')}${'|'.repeat(16)}H2`);
    expect(dosages[0]?.doseAndRate).toEqual([
      {
        rateRatio: {
          numerator: { value: 100, unit: 'mL' },
          denominator: expect.objectContaining({ value: 2, code: 'h' }),
        },
      },
    ]);
  });
});

describe('a schedule', () => {
  test('of several TQ1 is a dosage each', () => {
    const dosages = dosagesOf(orc, rxe('5'), 'TQ1|1||QAM', 'TQ1|2||QHS');
    expect(dosages.map(({ timing }) => ((timing as FhirObject).repeat as FhirObject).when)).toEqual([
      ['MORN'],
      ['HS'],
    ]);
  });
  test('after ORC is that of an RXE without one', () => {
    expect(dosagesOf(orc, 'TQ1|1||TID', rxe('5'))).toMatchObject([{ timing: { repeat: { frequency: 3 } } }]);
    expect(dosagesOf(orc, 'TQ1|1||TID', rxe('5'), 'TQ1|1||BID')).toMatchObject([
      { timing: { repeat: { frequency: 2 } } },
    ]);
  });
  test.each<readonly [string, object | undefined]>([
    ['Q6H', { frequency: 1, period: 6, periodUnit: 'h' }],
    ['5ID', { frequency: 5, period: 1, periodUnit: 'd' }],
    ['QOD', { frequency: 1, period: 2, periodUnit: 'd' }],
    ['Q2J135', { frequency: 1, period: 2, periodUnit: 'wk', dayOfWeek: ['mon', 'wed', 'fri'] }],
    ['PRNQ4H', { frequency: 1, period: 4, periodUnit: 'h' }],
    ['ACM', { frequency: 1, period: 1, periodUnit: 'd', when: ['ACM'] }],
    ['Once', { count: 1 }],
    ['C', undefined],
    ['Q0H', undefined],
    ['as told', undefined],
    ['^DW^1^3', { dayOfWeek: ['mon', 'tue', 'wed'] }],
    ['X^^^^8^h', { frequency: 1, period: 8, periodUnit: 'h' }],
    ['BID^^^^^^^AC^1^hr', { frequency: 2, period: 1, periodUnit: 'd', when: ['AC'], offset: 60 }],
  ])('%s', (pattern, repeat) => {
    const conversion = rde(orc, rxe('5'), `TQ1|1||${pattern}`);
    const [dosage] = resourceOf(conversion, 'MedicationRequest').dosageInstruction as FhirObject[];
    expect((dosage?.timing as FhirObject | undefined)?.repeat).toEqual(repeat);
    expect(errorsIn(conversion)).toEqual([]);
  });
  test('that repeats in one field is a text: half of it would be wrong', () => {
    expect(dosagesOf(orc, rxe('5'), 'TQ1|1||QAM~QHS')[0]?.timing).toEqual({ code: { text: 'QAM; QHS' } });
  });
  test('of RXE-1 in older versions', () => {
    expect(dosagesOf(orc, 'RXE|2^Q8H^D10^20261122080000^^S|1^x^L|')).toMatchObject([
      {
        timing: {
          repeat: {
            period: 8,
            boundsPeriod: { start: '2026-11-22T08:00:00+01:00', end: '2026-12-02T08:00:00+01:00' },
          },
        },
        doseAndRate: [{ doseQuantity: { value: 2 } }],
      },
    ]);
  });
  test('of several in RXE-1 gives neither the pattern nor the amount of the first', () => {
    const [dosage] = dosagesOf(orc, 'RXE|1^QAM~2^QHS|1^x^L|');
    expect(dosage).toEqual({ timing: { code: { text: '1^QAM; 2^QHS' } } });
  });
  test('as needed, at times of the day, for so long', () => {
    expect(dosagesOf(orc, rxe('5'), 'TQ1|1||PRN|0800~2000||10^d|||||||30^min|6')).toMatchObject([
      {
        asNeededBoolean: true,
        timing: {
          repeat: {
            timeOfDay: ['08:00:00', '20:00:00'],
            boundsDuration: { value: 10, code: 'd' },
            duration: 30,
            durationUnit: 'min',
            count: 6,
          },
        },
      },
    ]);
  });
});

test.each([
  ['NW', '', 'active'],
  ['CA', 'IP', 'cancelled'],
  ['DC', '', 'stopped'],
  ['RP', '', 'stopped'],
  ['RO', '', 'active'],
  ['HD', '', 'on-hold'],
  ['SC', 'CM', 'completed'],
  ['??', '', 'unknown'],
])('ORC-1 %s with ORC-5 %j is %s', (control, status, expected) => {
  expect(request(`ORC|${control}|P1|||${status}`, rxe('5')).status).toBe(expected);
});

describe('an order as it is asked for', () => {
  test('in OMP, and in RDE without RXE', () => {
    for (const type of ['OMP^O09', 'RDE^O11']) {
      const conversion = convert(
        header(type),
        pid,
        orc,
        'RXO|1^Aspirin^L|100|200|mg||||||G||30|tab|1',
        'TQ1|1||QD',
        'RXR|PO',
      );
      expect(resourceOf(conversion, 'MedicationRequest')).toMatchObject({
        intent: 'original-order',
        medicationCodeableConcept: { coding: [{ code: '1' }] },
        dosageInstruction: [{ doseAndRate: [{ doseRange: { low: { value: 100 }, high: { value: 200 } } }] }],
      });
      expect(errorsIn(conversion)).toEqual([]);
    }
  });
});

describe('a dispense', () => {
  const conversion = convert(
    header('RDS^O13'),
    pid,
    'ORC|RE|P1^CPOE|F1^PHARM',
    'RXE|1^BID|308182^Amoxicillin^RXNORM|1||CAP',
    'RXD|1|308182^Amoxicillin^RXNORM|20261122100000|20.0|CAP|CAP^Capsule|RX77|3|||T|||||||L1|20280101',
    'RXR|PO',
    'RXD|1|308182^Amoxicillin^RXNORM|20261129100000|20|CAP||RX77',
  );
  test('is told apart from the next, and refers to the order, which is only made sure of', () => {
    const dispenses = resourcesOf(conversion, 'MedicationDispense');
    expect(dispenses).toMatchObject([
      {
        status: 'completed',
        whenHandedOver: '2026-11-22T10:00:00+01:00',
        substitution: { wasSubstituted: true },
        contained: [{ batch: { lotNumber: 'L1', expirationDate: '2028-01-01' } }],
      },
      { status: 'completed', medicationCodeableConcept: { coding: [{ code: '308182' }] } },
    ]);
    const [order] = entriesOf(conversion, 'MedicationRequest');
    expect(order?.request).toMatchObject({ method: 'POST', ifNoneExist: expect.stringContaining('P1') });
    for (const one of dispenses) expect(one.authorizingPrescription).toEqual([{ reference: order?.fullUrl }]);
    expect(errorsIn(conversion)).toEqual([]);
  });
  test('without an order is one still', () => {
    const alone = convert(header('RDS^O13'), pid, 'RXD|1|1^x^L|20261122|20|CAP', 'RXR|PO');
    expect(resourceOf(alone, 'MedicationDispense')).toMatchObject({
      dosageInstruction: [{ route: expect.anything() }],
    });
    expect(errorsIn(alone)).toEqual([]);
  });
});

describe('a give', () => {
  const conversion = convert(
    header('RGV^O15'),
    pid,
    'ORC|RE|P1^CPOE|F1^PHARM',
    'TQ1|1||TID||||20261122080000',
    'RXO|1^Aspirin^L|99||mg',
    'RXG|1|1||1^Aspirin^L|100||mg|TAB',
    'RXR|PO',
    'ORC|RE|P1^CPOE|F1^PHARM',
    'TQ1|1||TID||||20261122140000',
    'RXG|2|1||1^Aspirin^L|100||mg',
  );
  test('is an order for one giving, beside the order that it is of', () => {
    const [order, ...gives] = entriesOf(conversion, 'MedicationRequest');
    expect(order?.request.method).toBe('POST');
    expect(gives.map(({ resource }) => resource)).toMatchObject([
      {
        intent: 'instance-order',
        basedOn: [{ reference: order?.fullUrl }],
        contained: [{ form: expect.anything() }],
      },
      {
        intent: 'instance-order',
        medicationCodeableConcept: { coding: [{ code: '1' }] },
        dosageInstruction: [
          { timing: { repeat: { frequency: 3 } }, doseAndRate: [{ doseQuantity: { value: 100 } }] },
        ],
      },
    ]);
    expect(errorsIn(conversion)).toEqual([]);
  });
});

describe('an administration', () => {
  const ras = (...segments: readonly string[]) => convert(header('RAS^O17'), pid, ...segments);
  const given = (rest: string) => `RXA|0|1|20261122100000|20261122103000|308182^Amoxicillin^RXNORM|${rest}`;
  test('is how much, when, by whom, for which order', () => {
    const conversion = ras(orc, given('250.50|mg^mg^UCUM|||99^S^Sina'), 'RXR|PO');
    expect(resourceOf(conversion, 'MedicationAdministration')).toMatchObject({
      status: 'completed',
      effectivePeriod: { start: '2026-11-22T10:00:00+01:00', end: '2026-11-22T10:30:00+01:00' },
      dosage: { dose: { value: 250.5, code: 'mg' }, route: expect.anything() },
      request: expect.anything(),
    });
    expect(errorsIn(conversion)).toEqual([]);
  });
  test.each([
    ['CP', '', 'completed'],
    ['PA', '', 'stopped'],
    ['RE', '', 'not-done'],
    ['NA', 'A', 'not-done'],
    ['CP', 'D', 'entered-in-error'],
  ])('RXA-20 %s, RXA-21 %j is %s', (completion, action, status) => {
    const conversion = ras(orc, given(`1|mg${'|'.repeat(13)}${completion}|${action}`));
    expect(resourceOf(conversion, 'MedicationAdministration').status).toBe(status);
  });
  test('several of one order are several', () => {
    expect(
      resourcesOf(ras(orc, given('1|mg'), 'RXA|0|2|20261122180000||308182|1|mg'), 'MedicationAdministration'),
    ).toHaveLength(2);
  });
  test('a route without a dose is still valid R4', () => {
    expect(errorsIn(ras('RXA|0|1|bad||1^x^L|<5|mg', 'RXR|PO'))).toEqual([]);
  });
});
