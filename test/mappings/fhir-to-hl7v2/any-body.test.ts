import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BitHiveError } from '../../../core/errors.ts';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { leafText, parseWithDigits } from '../../../mappings/fhir-to-hl7v2/values/digits.ts';
import {
  bundle,
  convertBody,
  loinc,
  observation,
  order,
  patient,
  practitioner,
  reported,
  ucum,
} from './outbound.ts';

const whole = reported(
  [
    observation('o1', loinc('1', 'x'), {
      valueQuantity: { comparator: '<', ...ucum(5, 'mg/L') },
      component: [{ code: loinc('2', 'y'), valueString: 'z' }],
      note: [{ text: 'n' }],
      referenceRange: [{ low: { value: 1 } }],
    }),
    observation('o2', loinc('3', 'z'), {
      hasMember: [{ reference: 'Observation/o1' }],
      valueRange: { low: { value: 1 } },
    }),
  ],
  { conclusion: 'a\nb', presentedForm: [{ contentType: 'text/plain', data: 'YQ==' }] },
);
const document = {
  resourceType: 'DocumentReference',
  status: 'current',
  masterIdentifier: { value: 'D' },
  type: loinc('1', 'x'),
  subject: { reference: 'Patient/p1' },
  content: [{ attachment: { contentType: 'text/html', data: 'YQ==' } }],
};
const encounter = {
  resourceType: 'Encounter',
  status: 'planned',
  class: { code: 'AMB' },
  subject: { reference: 'Patient/p1' },
};
const bodies = [
  whole,
  bundle(order, patient, practitioner),
  bundle(document, patient),
  bundle(encounter, patient),
  patient,
];

/** Puts something else in the place of one of the values of a body. */
function changed(body: unknown, at: number, value: unknown): unknown {
  let count = 0;
  return JSON.parse(JSON.stringify(body), (_name, found: unknown) =>
    count++ === at ? value : found,
  ) as unknown;
}
const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    null,
    {},
    { toString: 0 },
    [],
    [[]],
    '',
    'MSH|',
    '\r',
    '\u000b\u001c',
    '#x',
    'Patient/p1',
    '2026-13-45',
    -0,
    1e300,
  ),
);

describe('any body', () => {
  test('gives messages that can be read and framed, or a coded refusal', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.array(fc.tuple(fc.nat(250), strange), { minLength: 1, maxLength: 4 }),
        (body, changes) => {
          const sent = changes.reduce<unknown>((made, [at, value]) => changed(made, at, value), body);
          let messages: readonly { readonly bytes: Uint8Array }[] = [];
          try {
            messages = convertBody(sent).messages;
          } catch (error) {
            expect(error).toBeInstanceOf(BitHiveError);
          }
          for (const { bytes } of messages) {
            expect(bytes.includes(0x0b) || bytes.includes(0x1c)).toBe(false);
            const message = parseMessage(bytes);
            expect(message.get('MSH-10')).not.toBe('');
            expect(message.segments.every(({ name }) => /^[A-Z][A-Z0-9]{2}$/.test(name))).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('numbers of a body', () => {
  test('keep their digits, wherever they stand; texts stay as they are', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.stringMatching(/^[0-9]{0,6}$/)),
        fc.string(),
        ([integer, fraction], text) => {
          const digits = `${integer}${fraction === '' ? '' : `.${fraction}`}`;
          const read = parseWithDigits(`{"t":${JSON.stringify(text)},"list":[${digits}, {"v":${digits}}]}`);
          const [first, second] = read.list as [never, { v: never }];
          expect([leafText(first), leafText(second.v)]).toEqual([digits, digits]);
          expect(read.t).toBe(text);
        },
      ),
    );
  });

  test('a large document is no matter of the stack', () => {
    const data = 'QUJD'.repeat(4_000_000);
    expect((parseWithDigits(`{"data":"${data}","value":1.50}`).data as string).length).toBe(data.length);
  });
});
