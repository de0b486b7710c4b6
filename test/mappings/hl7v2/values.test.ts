import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { offsetIn, readDate, readDateTime } from '../../../mappings/hl7v2/values/date-time.ts';
import { readNumber } from '../../../mappings/hl7v2/values/number.ts';
import { printMoment } from '../../../mappings/hl7v2/values/zone.ts';
import { printBundle } from '../../../mappings/index.ts';
import { convert, header, resourceOf } from '../site.ts';

const berlin = 'Europe/Berlin';

describe('an HL7 date and time', () => {
  test.each([
    ['2024', '2024'],
    ['202402', '2024-02'],
    ['20240229', '2024-02-29'],
    ['2024022911', '2024-02-29T11:00:00+01:00'],
    ['202402291130', '2024-02-29T11:30:00+01:00'],
    ['20240229113059', '2024-02-29T11:30:59+01:00'],
    ['20240229113059.1234', '2024-02-29T11:30:59.1234+01:00'],
    ['20240229113059-0500', '2024-02-29T11:30:59-05:00'],
    ['20240729113059', '2024-07-29T11:30:59+02:00'],
    ['20240230', '2024-02'],
    ['20230229', '2023-02'],
    ['20241301', '2024'],
    ['2024022925', '2024-02-29'],
    ['202402291160', '2024-02-29'],
    ['2024-02-29', '2024'],
    ['20240229 1130', '2024-02-29'],
    ['00000000', undefined],
    ['yesterday', undefined],
  ])('%s is %s', (sent, text) => {
    expect(readDateTime(sent, undefined, berlin).text).toBe(text);
  });

  test('what is cut off is said', () => {
    expect(readDateTime('20240230', undefined, berlin).fault).toBe('no day 30 in 2024-02');
    expect(readDateTime('20240229', undefined, berlin).fault).toBeUndefined();
  });

  test('the offset is its own, else the message’s, else the zone’s, else the time is dropped', () => {
    expect(readDateTime('20240229113059+0300', '-0500', berlin).text).toBe('2024-02-29T11:30:59+03:00');
    expect(readDateTime('20240229113059', '-0500', berlin).text).toBe('2024-02-29T11:30:59-05:00');
    expect(readDateTime('20240229113059', undefined, berlin).text).toBe('2024-02-29T11:30:59+01:00');
    expect(readDateTime('20240229113059', undefined, undefined).text).toBe('2024-02-29');
    expect(offsetIn('20240229113059+0300')).toBe('+0300');
    expect(offsetIn('20240229113059+9900')).toBeUndefined();
  });

  test('clock changes: the repeated hour is the first, the skipped one keeps the offset before', () => {
    expect(readDateTime('202610250230', undefined, berlin).text).toBe('2026-10-25T02:30:00+02:00');
    expect(readDateTime('202610250330', undefined, berlin).text).toBe('2026-10-25T03:30:00+01:00');
    expect(readDateTime('202603290230', undefined, berlin).text).toBe('2026-03-29T02:30:00+01:00');
    expect(readDateTime('202603290330', undefined, berlin).text).toBe('2026-03-29T03:30:00+02:00');
    expect(readDateTime('202607010000', undefined, 'Australia/Lord_Howe').text).toBe(
      '2026-07-01T00:00:00+10:30',
    );
  });

  test('a date has no zone', () => {
    expect(readDate('20240229235959-1100').text).toBe('2024-02-29');
  });

  test('round trip: a moment printed in a zone reads as the same moment', () => {
    const zones = fc.constantFrom(berlin, 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Chatham', 'UTC');
    const moments = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);
    fc.assert(
      fc.property(moments, zones, (ms, zone) => {
        const printed = printMoment(ms, zone);
        expect(Date.parse(printed)).toBe(ms);
        const sent = printed.replace(/[-:T]/g, '').slice(0, 14) + printed.slice(19).replace(':', '');
        expect(readDateTime(sent, undefined, undefined).text).toBe(printed);
      }),
    );
  });

  test('any text gives a FHIR dateTime or nothing', () => {
    const form = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d)?)?)?$/;
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789+-. T'), maxLength: 26 });
    fc.assert(
      fc.property(fc.oneof(digits, fc.string()), (sent) => {
        const { text } = readDateTime(sent, undefined, berlin);
        if (text === undefined) return;
        expect(text).toMatch(form);
        expect(Number.isNaN(Date.parse(text))).toBe(false);
      }),
    );
  });
});

describe('an HL7 number', () => {
  test.each([
    ['5', { digits: '5' }],
    ['12.50', { digits: '12.50' }],
    ['.5', { digits: '0.5' }],
    ['-.5', { digits: '-0.5' }],
    ['+7', { digits: '7' }],
    ['007', { digits: '7' }],
    ['5.', { digits: '5' }],
    ['<5', { digits: '5', comparator: '<' }],
    ['>=200', { digits: '200', comparator: '>=' }],
    ['<=.04', { digits: '0.04', comparator: '<=' }],
    ['1,234', null],
    ['5 (hemolysed)', null],
    ['NEG', null],
    ['1e5', null],
    ['5-10', null],
    ['<>5', null],
    ['', null],
    ['٣', null],
  ])('%j reads as %j', (sent, expected) => {
    expect(readNumber(sent)).toEqual(expected);
  });

  test('what reads is a JSON number of the same value, and keeps its digits', () => {
    const decimal = fc.tuple(
      fc.constantFrom('', '-', '+'),
      fc.nat(),
      fc.option(fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 })),
    );
    fc.assert(
      fc.property(decimal, ([sign, whole, fraction]) => {
        const sent = `${sign}${whole}${fraction === null ? '' : `.${fraction}`}`;
        const digits = readNumber(sent)?.digits ?? '';
        expect(JSON.parse(digits)).toBe(Number(sent));
        expect(digits.split('.')[1] ?? '').toBe(fraction ?? '');
      }),
    );
  });
});

describe('a result', () => {
  const observation = (obx: string) => {
    const conversion = convert(header('ADT^A08'), 'PID|1||1001^^^HOSP^MR', `OBX|1|${obx}`);
    return {
      resource: resourceOf(conversion, 'Observation'),
      json: printBundle(conversion.bundle),
      ...conversion,
    };
  };

  test('a troponin of <5 never leaves as 5', () => {
    const { resource } = observation('NM|6598-7^Troponin T^LN||<5|ng/L^^UCUM|||||F');
    expect(resource.valueQuantity).toEqual({
      value: 5,
      comparator: '<',
      unit: 'ng/L',
      system: 'http://unitsofmeasure.org',
      code: 'ng/L',
    });
  });

  test('text in a number field stays text, with an issue', () => {
    const { resource, issues } = observation('NM|6598-7^Troponin T^LN||5 (hemolysed)|ng/L|||||F');
    expect(resource.valueString).toBe('5 (hemolysed) ng/L');
    expect(resource).not.toHaveProperty('valueQuantity');
    expect(issues).toContainEqual(expect.objectContaining({ row: 'OBX-5', path: 'OBX-5' }));
  });

  test('12.50 stays 12.50 in the bytes that leave', () => {
    expect(observation('NM|X^x^LN||12.50|mg|||||F').json).toContain('"valueQuantity":{"value":12.50,');
  });

  test.each([
    ['SN|X||<^5', { valueQuantity: { value: 5, comparator: '<' } }],
    ['SN|X||^1^:^128', { valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }],
    ['SN|X||^10^-^20', { valueRange: { low: { value: 10 }, high: { value: 20 } } }],
    ['SN|X||<>^5|mg', { valueString: '<> 5 mg' }],
    ['SN|X||^2^+', { valueString: '2 +' }],
    ['NR|X||1^2', { valueRange: { low: { value: 1 }, high: { value: 2 } } }],
    ['TX|X||first~second', { valueString: 'first\nsecond' }],
    ['ST|X||a\\T\\b', { valueString: 'a&b' }],
    [
      'CWE|X||A^Alpha^LN',
      { valueCodeableConcept: { coding: [{ system: 'http://loinc.org', code: 'A', display: 'Alpha' }] } },
    ],
    ['DT|X||20240229', { valueDateTime: '2024-02-29' }],
    ['DT|X||20240230', { valueString: '20240230' }],
    ['TM|X||1130', { valueTime: '11:30:00' }],
    ['DR|X||20240101^20240131', { valuePeriod: { start: '2024-01-01', end: '2024-01-31' } }],
    [
      'NM|X||1~<2',
      { component: [{ valueQuantity: { value: 1 } }, { valueQuantity: { value: 2, comparator: '<' } }] },
    ],
    [
      'NA|X||1^2.50^-3|mV',
      { valueSampledData: { origin: { value: 0, unit: 'mV' }, dimensions: 1, data: '1 2.50 -3' } },
    ],
    ['NA|X||1^x', { valueString: '1 x' }],
    ['MO|X||12.50^USD', { valueQuantity: { value: 12.5, code: 'USD', system: 'urn:iso:std:iso:4217' } }],
    ['XPN|X||Muster^Max^^^Dr', { valueString: 'Muster Max Dr' }],
    ['EI|X||4711^LAB', { valueString: '4711 LAB' }],
    [
      'CE|X||A^Alpha^LN~B^Beta^LN',
      {
        component: [
          { valueCodeableConcept: { coding: [{ code: 'A' }] } },
          { valueCodeableConcept: { coding: [{ code: 'B' }] } },
        ],
      },
    ],
    ['|X||plain', { valueString: 'plain' }],
  ])('%s', (obx, expected) => {
    expect(observation(obx).resource).toMatchObject(expected);
  });
});
