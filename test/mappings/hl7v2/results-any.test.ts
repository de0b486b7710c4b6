import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { validate } from '../../../formats/fhir/index.ts';
import { loadHl7ToFhirMap, printBundle } from '../../../mappings/index.ts';
import { header, messageOf, receivedAtMs, site } from '../site.ts';

const maps = (['observations', 'conclusion', 'presented-form'] as const).map((reportText) =>
  loadHl7ToFhirMap({ site: { ...site, reportText } }),
);
const types = 'NM SN TX FT ED RP CE CWE DR NR TM DT MO XCN HD CF ST'.split(' ');
const text = fc.string({ unit: fc.constantFrom(...'AB12^~&|\\"<> .-+Z\u00fc\u0001'), maxLength: 40 });
const fields = fc.array(text, { maxLength: 40 });
const result = fc
  .tuple(fc.constantFrom(...types), fields)
  .map(([type, rest]) => `OBX|1|${type}|${rest.join('|')}`);
const other = fc
  .tuple(
    fc.constantFrom(...'PID PV1 ORC OBR OBR TQ1 SPM SAC PRT NTE DG1 AL1 CTD TXA INV ZZZ'.split(' ')),
    fields,
  )
  .map(([name, rest]) => `${name}|${rest.join('|')}`);
const kinds = fc.constantFrom(
  'ORU^R01',
  'OUL^R22',
  'OUL^R24',
  'OML^O21',
  'OML^O33',
  'OMG^O19',
  'ORL^O22',
  'ORU',
);

test('any result or order gives valid R4 whose references resolve, and the same bytes again', () => {
  fc.assert(
    fc.property(
      kinds,
      fc.array(fc.oneof(result, other), { maxLength: 14 }),
      fc.constantFrom(...maps),
      fc.boolean(),
      (kind, segments, map, hasPatient) => {
        const message = messageOf(
          header(kind),
          ...(hasPatient ? ['PID|1||1001^^^HOSP^MR'] : []),
          ...segments,
        );
        const { bundle } = map.convert(message, { receivedAtMs });
        const printed = printBundle(bundle);
        expect(printBundle(map.convert(message, { receivedAtMs }).bundle)).toBe(printed);
        expect(validate(JSON.parse(printed)).filter(({ severity }) => severity === 'error')).toEqual([]);
        const known = new Set(bundle.entry.map(({ fullUrl }) => fullUrl));
        JSON.stringify(bundle, (name, value: unknown) => {
          if (name === 'reference' && typeof value === 'string' && !value.startsWith('#'))
            expect(known).toContain(value);
          return value;
        });
      },
    ),
    { numRuns: 200 },
  );
});
