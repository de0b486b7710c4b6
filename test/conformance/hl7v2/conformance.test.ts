import { describe, expect, test } from '@jest/globals';
import type { Conversion, Hl7ToFhirMap } from '../../../mappings/index.ts';
import { convert, header, map } from '../../mappings/site.ts';
import { convertFile } from './convert-file.ts';
import { runParserCases } from './parser-cases.ts';
import { hasFailed, reportOf } from './report.ts';
import { structuralFaults } from './structural-faults.ts';

const lines = [header('ADT^A01'), 'PID|1||1^^^HOSP^MR||Test^Ann', 'ZZZ|unknown'];
const bytes = Buffer.from(`${lines.join('\r')}\r`);

/** The real map, whose answer is spoilt. */
const spoilt = (change: (conversion: Conversion) => Conversion): Hl7ToFhirMap => ({
  ...map,
  convert: (message, context) => change(map.convert(message, context)),
});

describe('the conformance run', () => {
  test('passes a message that converts, and names what no row takes', () => {
    const [outcome] = convertFile(map, 'a.hl7', bytes);
    expect(outcome).toMatchObject({ type: 'ADT^A01', bundles: 1, faults: [], isRepeatable: true });
    expect(hasFailed(outcome!)).toBe(false);
    expect(reportOf([outcome!])).toMatch(/ADT\^A01 +1 +1 +0 +0 +0 +0 +1\n[\s\S]*ZZZ-1 1/);
  });

  test('converts each message of a batch', () => {
    const batch = Buffer.concat([Buffer.from('BHS|^~\\&\r'), bytes, bytes, Buffer.from('BTS|2\r')]);
    expect(convertFile(map, 'b.hl7', batch).map((one) => one.file)).toEqual(['b.hl7#1', 'b.hl7#2']);
  });

  test('fails what is no message, what differs in the second run, and what throws', () => {
    let nth = 0;
    const restless = spoilt((one) => ({
      ...one,
      bundle: { ...one.bundle, timestamp: `2026-01-0${++nth}T00:00:00Z` },
    }));
    const broken: Hl7ToFhirMap = {
      ...map,
      convert() {
        throw new RangeError('spoilt');
      },
    };
    expect(convertFile(map, 'x', Buffer.from('no message'))[0]?.exception).toMatch(/^BH_HL7_/);
    expect(convertFile(broken, 'x', bytes)[0]?.exception).toBe('RangeError: spoilt');
    const [outcome] = convertFile(restless, 'x', bytes);
    expect(outcome?.isRepeatable).toBe(false);
    expect(hasFailed(outcome!)).toBe(true);
    expect(reportOf([outcome!])).toContain('the second run differs');
  });

  test.each([
    ['a required element that is missing', { resourceType: 'Observation', status: 'final' }, /code/],
    ['a code outside of a required binding', { resourceType: 'Patient', gender: 'F' }, /gender/],
    ['an empty object', { resourceType: 'Patient', name: [{}] }, /without content/],
    ['an empty list', { resourceType: 'Patient', name: [] }, /without content/],
    ['an empty text', { resourceType: 'Patient', name: [{ family: '' }] }, /an empty text/],
    [
      'a reference that leads nowhere',
      {
        resourceType: 'Patient',
        managingOrganization: { reference: 'urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8' },
      },
      /not in the Bundle/,
    ],
  ])('names %s', (_name, resource, fault) => {
    const good = convert(...lines);
    const entry = good.bundle.entry.map((one) => ({ ...one, resource: resource as typeof one.resource }));
    const faults = structuralFaults({ ...good, bundle: { ...good.bundle, entry: entry.slice(0, 1) } });
    expect(faults.some((text) => fault.test(text))).toBe(true);
  });

  test('names two entries that write the same resource', () => {
    const good = convert(...lines);
    const [first] = good.bundle.entry;
    const faults = structuralFaults({ ...good, bundle: { ...good.bundle, entry: [first!, first!] } });
    expect(faults.some((text) => text.startsWith('two entries write'))).toBe(true);
  });

  test('names parser cases that are read otherwise', () => {
    const one = { name: 'n', messageBase64: bytes.toString('base64'), path: 'PID-5.1', expected: 'Test' };
    const text = JSON.stringify({ cases: [one, { ...one, expected: 'Best' }, { ...one, path: '?' }] });
    expect(runParserCases(text)).toMatchObject({
      passed: 1,
      failed: [/"Test", not "Best"/, /BH_HL7_PATH/].map((m) => expect.stringMatching(m)),
    });
  });
});
