import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { validate } from '../../../formats/fhir/index.ts';
import { type Bundle, printBundle } from '../../../mappings/index.ts';
import { convert, header, map } from '../site.ts';

/** Values that mean something somewhere, so that conditions and tables are met, among noise. */
const meant = 'A AD DE 20261122 202611220800 AE Booked 30 min ED TX NM A^B^C 1 Y D1^HIS "" <5'.split(' ');
const field = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: fc.constantFrom(...meant, '^application^pdf^Base64^JVBERi0xLjQ') },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom(...'AB12^~&|\\"<> .-+Z\u00fc\u0001'), maxLength: 20 }),
  },
);
const names =
  'PID PD1 PV1 PV2 MRG NPU SCH RGS AIS AIG AIL AIP NTE TXA OBX ORC OBR CON RF1 PRD PRB GOL MSA ERR ROL PRT GT1 IN1 IN2 DG1 PR1 SFT TQ1 ZZZ';
const segments = fc.array(
  fc
    .tuple(fc.constantFrom(...names.split(' ')), fc.array(field, { maxLength: 30 }))
    .map(([name, fields]) => `${name}|${fields.join('|')}`),
  { maxLength: 10 },
);
const type = fc.constantFrom(...map.takes);

function dangling(bundle: Bundle, known: ReadonlySet<string>): readonly string[] {
  const references = [...printBundle(bundle).matchAll(/"reference":"([^"]+)"/g)].map((found) => found[1]!);
  return references.filter((reference) => !reference.startsWith('#') && !known.has(reference));
}

describe('a message of any type that has a map, with any segments', () => {
  test('gives valid R4 whose references resolve, in the Bundle and in the one that goes first', () => {
    fc.assert(
      fc.property(type, segments, (event, lines) => {
        const sent = [header(event), 'PID|1||1001^^^HOSP^MR||Muster^Max', ...lines];
        const { bundle, before } = convert(...sent);
        const urls = ({ entry }: Bundle) => entry.map(({ fullUrl }) => fullUrl);
        const ensured = (before?.entry ?? []).map(({ request }) => `${request.url}?${request.ifNoneExist}`);
        expect(dangling(bundle, new Set([...urls(bundle), ...ensured]))).toEqual([]);
        if (before !== undefined) expect(dangling(before, new Set(urls(before)))).toEqual([]);
        for (const one of before === undefined ? [bundle] : [bundle, before]) {
          const issues = validate(JSON.parse(printBundle(one)));
          expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
        }
        expect(printBundle(convert(...sent).bundle)).toBe(printBundle(bundle));
      }),
      { numRuns: 300 },
    );
  });
});
