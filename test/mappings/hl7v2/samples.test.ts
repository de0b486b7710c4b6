import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { validate } from '../../../formats/fhir/index.ts';
import { type Hl7Message, parseMessage } from '../../../formats/hl7v2/index.ts';
import { type Conversion, printBundle } from '../../../mappings/index.ts';
import { header, map, messageOf, receivedAtMs } from '../site.ts';

const samples = fileURLToPath(new URL('../../../../shared/data/hl7v2-samples', import.meta.url));
const hasShared = existsSync(samples);
const index = hasShared
  ? (JSON.parse(readFileSync(join(samples, 'index.json'), 'utf8')) as { file: string; type: string }[])
  : [];
const convert = (message: Hl7Message): Conversion => map.convert(message, { receivedAtMs, messageId: 1 });

/** Every reference is to an entry of the Bundle, or a conditional one to what the Bundle before it made sure of. */
function danglingReferences({ bundle, before }: Conversion): readonly string[] {
  const ensured = (before?.entry ?? []).map(({ request }) => `${request.url}?${request.ifNoneExist}`);
  const entries = new Set([...ensured, ...bundle.entry.map((entry) => entry.fullUrl)]);
  const dangling: string[] = [];
  JSON.stringify(bundle, (name, value: unknown) => {
    if (name === 'reference' && typeof value === 'string' && !entries.has(value)) dangling.push(value);
    return value;
  });
  return dangling;
}

describe('the sample messages', () => {
  (hasShared ? test : test.skip)('all convert, to valid R4, to the same bytes again', () => {
    expect(index).toHaveLength(150);
    for (const { file } of index) {
      const bytes = readFileSync(join(samples, file));
      const conversion = convert(parseMessage(bytes));
      const text = printBundle(conversion.bundle);
      const issues = validate(JSON.parse(text)).filter((issue) => issue.severity === 'error');
      expect({ file, issues }).toEqual({ file, issues: [] });
      expect({ file, dangling: danglingReferences(conversion) }).toEqual({ file, dangling: [] });
      expect(printBundle(convert(parseMessage(bytes)).bundle)).toBe(text);
    }
  });

  (hasShared ? test : test.skip)('each gives its MessageHeader, and its Patient where there is one', () => {
    for (const { file } of index) {
      const message = parseMessage(readFileSync(join(samples, file)));
      const { bundle, before } = convert(message);
      // A patient who is patched (A29) stands whole in the Bundle that goes first.
      const types = [...bundle.entry, ...(before?.entry ?? [])].map((entry) => entry.resource.resourceType);
      expect({ file, types }).toEqual({ file, types: expect.arrayContaining(['MessageHeader']) });
      if (message.first('PID') !== undefined) expect(types).toContain('Patient');
    }
  });

  (hasShared ? test : test.skip)('admissions give an Encounter, orders a ServiceRequest each', () => {
    for (const { file, type } of index) {
      const message = parseMessage(readFileSync(join(samples, file)));
      const types = convert(message).bundle.entry.map((entry) => entry.resource.resourceType);
      if (/^ADT\^A0[1348]/.test(type)) expect(types).toContain('Encounter');
      if (type.startsWith('ORM^O01')) {
        const orders = types.filter((one) => one === 'ServiceRequest');
        expect(orders).toHaveLength(Math.max(message.all('ORC').length, message.all('OBR').length));
      }
    }
  });
});

const text = fc.string({ unit: fc.constantFrom(...'AB12^~&|\\"<> .-+Z\u00fc\u0001'), maxLength: 40 });
const segment = fc
  .tuple(
    fc.constantFrom(
      'PID',
      'PD1',
      'NK1',
      'PV1',
      'PV2',
      'AL1',
      'DG1',
      'IN1',
      'OBX',
      'ORC',
      'OBR',
      'TQ1',
      'IPC',
      'ZDS',
      'MRG',
      'NTE',
      'EVN',
      'ZZZ',
    ),
    fc.array(text, { maxLength: 50 }),
  )
  .map(([name, fields]) => `${name}|${fields.join('|')}`);
const type = fc.constantFrom('ADT^A01', 'ADT^A40', 'ORM^O01', 'OMI^O23', 'ADT', 'XXX^Y99', '');

describe('any message', () => {
  test('converts without an exception, to references that resolve and the same bytes again', () => {
    fc.assert(
      fc.property(type, fc.array(segment, { maxLength: 14 }), (kind, segments) => {
        const lines = [header(kind), ...segments];
        const conversion = convert(messageOf(...lines));
        expect(danglingReferences(conversion)).toEqual([]);
        expect(printBundle(convert(messageOf(...lines)).bundle)).toBe(printBundle(conversion.bundle));
        expect(
          new Set(conversion.bundle.entry.map((entry) => entry.request.ifNoneExist ?? entry.request.url))
            .size,
        ).toBe(conversion.bundle.entry.length);
      }),
      { numRuns: 300 },
    );
  });

  test('with a patient converts to valid R4', () => {
    fc.assert(
      fc.property(type, fc.array(segment, { maxLength: 8 }), (kind, segments) => {
        const conversion = convert(
          messageOf(
            header(kind),
            'PID|1||1001^^^HOSP^MR',
            ...segments.filter((one) => !one.startsWith('PID')),
          ),
        );
        const issues = validate(JSON.parse(printBundle(conversion.bundle)));
        expect(issues.filter((issue) => issue.severity === 'error')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('carries or reports each value: nothing goes unseen', () => {
    const value = fc.string({ unit: fc.constantFrom(...'ABCDEFGH'), minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.constantFrom('PID', 'PV1', 'NK1', 'IN1', 'DG1'),
        fc.integer({ min: 2, max: 45 }),
        value,
        (name, field, sent) => {
          const line = `${name}|1${'|'.repeat(field - 1)}${sent}`;
          const lines = name === 'PID' ? [line] : ['PID|1||1001^^^HOSP^MR', line];
          const { bundle, residue, issues } = convert(messageOf(header('ADT^A01'), ...lines));
          const isIgnored = /^(PID-(31|33|34)|DG1-2)$/.test(`${name}-${field}`);
          const isSeen =
            printBundle(bundle).includes(sent) ||
            residue.some((one) => one.value === sent) ||
            issues.some((one) => one.text.includes(sent));
          expect({ name, field, seen: isSeen || isIgnored }).toEqual({ name, field, seen: true });
        },
      ),
      { numRuns: 300 },
    );
  });
});
