import fc from 'fast-check';
import type { WritableDataset, WritableElement } from '../../../../formats/dicom/index.ts';

const text = (charsMax: number, exclude: RegExp): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'grapheme', maxLength: charsMax })
    .map((value) => value.replace(exclude, '').trim())
    // What the reader trims (PS3.5 6.2) is no part of a value: spaces and NUL.
    .filter((value) => !/^ | $|\0|[\ud800-\udfff](?![\udc00-\udfff])/.test(value));

const several = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> => fc.array(one, { maxLength: 4 });
const hasValue = (values: readonly string[]): boolean => values.length !== 1 || values[0] !== '';
const integers = (min: number, max: number): fc.Arbitrary<readonly number[]> =>
  several(fc.integer({ min, max }));
const finite = { noNaN: true, noDefaultInfinity: true } as const;
const uid = fc
  .array(fc.integer({ min: 0, max: 99_999 }), { minLength: 2, maxLength: 9 })
  .map((parts) => `1.${parts.join('.')}`);

const values: Readonly<Record<string, fc.Arbitrary<WritableElement['value']>>> = {
  CS: several(fc.stringMatching(/^[A-Z0-9_]{1,16}$/)),
  DS: several(fc.double({ ...finite, min: -1e6, max: 1e6 }).map((n) => String(Math.round(n * 100) / 100))),
  LO: several(text(40, /[\\\r\n\t\f\x1b]/g)).filter(hasValue),
  PN: several(text(40, /[\\\r\n\t\f\x1b]/g)).filter(hasValue),
  UI: several(uid),
  LT: text(200, /\x1b/g).map((value) => (value === '' ? [] : [value])),
  UT: text(900, /\x1b/g).map((value) => (value === '' ? [] : [value])),
  AT: integers(0, 0xffffffff),
  FD: several(fc.double(finite)),
  FL: several(fc.float(finite)),
  SL: integers(-(2 ** 31), 2 ** 31 - 1),
  SS: integers(-(2 ** 15), 2 ** 15 - 1),
  SV: integers(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  UL: integers(0, 2 ** 32 - 1),
  US: integers(0, 65535),
  UV: integers(0, Number.MAX_SAFE_INTEGER),
  OB: fc.uint8Array({ maxLength: 40 }).filter((bytes) => bytes.length % 2 === 0),
  OW: fc.uint8Array({ maxLength: 40 }).filter((bytes) => bytes.length % 2 === 0),
  UN: fc.uint8Array({ maxLength: 40 }).filter((bytes) => bytes.length % 2 === 0),
};

const plainElement: fc.Arbitrary<WritableElement> = fc
  .constantFrom(...Object.keys(values))
  .chain((vr) => values[vr]!.map((value) => ({ vr, value })));

/** Private tags: their VR is what the element says, whatever PS3.6 has. Creators and group lengths have rules of their own. */
const privateTag = fc
  .tuple(fc.integer({ min: 4, max: 0x7ff0 }), fc.integer({ min: 0x1000, max: 0xffff }))
  .map(([group, element]) => (group * 2 + 1) * 65536 + element);

const { dataset } = fc.letrec<{ dataset: WritableDataset; element: WritableElement }>((tie) => ({
  element: fc.oneof(
    { weight: 5, arbitrary: plainElement },
    {
      weight: 1,
      arbitrary: fc
        .array(tie('dataset'), { maxLength: 3, depthIdentifier: 'items' })
        .map((items): WritableElement => ({ vr: 'SQ', value: items })),
    },
  ),
  dataset: fc
    .uniqueArray(fc.tuple(privateTag, tie('element')), {
      maxLength: 8,
      depthIdentifier: 'items',
      selector: ([tag]) => tag,
    })
    .map((entries) => new Map(entries)),
}));

/** Data sets of every kind of VR, nested; they always begin with the SOP Class UID, by which a reader knows an object. */
export const arbitraryDataset: fc.Arbitrary<WritableDataset> = dataset.map((elements) =>
  new Map(elements).set(0x00080016, { vr: 'UI', value: ['1.2.840.10008.5.1.4.1.1.7'] }),
);
