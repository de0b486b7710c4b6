import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesSource, type DicomDataset, readDataset, readHeader } from '../../../formats/dicom/index.ts';
import {
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '../../../formats/dicom/transfer-syntax.ts';
import { type BuiltElement, dicomFile, el, encodeElements, type FileOptions } from './object-builder.ts';

const syntaxes = [
  implicitLittleEndian,
  explicitLittleEndian,
  explicitBigEndian,
  deflatedExplicitLittleEndian,
];

/** Text without a backslash and without padding at its ends, so that what is read is what was written. */
const word = fc
  .string({ unit: fc.constantFrom(...'ABCxyz019.^=_- é'), maxLength: 24 })
  .map((text) => text.trim())
  .filter((text) => text !== '');

/** Tags with a VR of the dictionary, so that implicit VR can be read back. */
const leaf: fc.Arbitrary<BuiltElement> = fc.oneof(
  word.map((text) => el(0x00081030, 'LO', text)),
  fc.array(word, { minLength: 1, maxLength: 4 }).map((texts) => el(0x00080008, 'CS', texts.join('\\'))),
  word.map((text) => el(0x00204000, 'LT', text)),
  fc
    .array(fc.integer({ min: 0, max: 32767 }), { minLength: 1, maxLength: 5 })
    .map((n) => el(0x00280010, 'US', n)),
  fc
    .array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 3 })
    .map((n) => el(0x0018602c, 'FD', n)),
  fc.integer().map((n) => el(0x00200013, 'IS', String(n))),
);

const dataset: fc.Arbitrary<readonly BuiltElement[]> = fc.letrec<{ all: readonly BuiltElement[] }>((tie) => ({
  all: fc
    .tuple(
      fc.array(leaf, { minLength: 1, maxLength: 5 }),
      fc.option(fc.array(tie('all'), { minLength: 1, maxLength: 3 }), { depthSize: 'small', nil: undefined }),
      fc.boolean(),
    )
    .map(([leaves, items, isDelimited]) => {
      const elements = [...new Map(leaves.map((element) => [element.tag, element])).values()];
      if (items) elements.push({ tag: 0x00081115, vr: 'SQ', value: items, isDelimited });
      return elements.sort((a, b) => a.tag - b.tag);
    }),
})).all;

function expectSame(read: DicomDataset, written: readonly BuiltElement[]): void {
  expect([...read.elements].map((element) => element.tag)).toEqual(written.map((element) => element.tag));
  for (const { tag, vr, value } of written) {
    if (vr === 'SQ') {
      const items = read.sequence(tag);
      expect(items.length).toBe(value.length);
      for (const [i, item] of items.entries()) expectSame(item, (value as BuiltElement[][])[i]!);
    } else if (typeof value === 'string') {
      expect(read.texts(tag)).toEqual(vr === 'LT' ? [value] : value.split('\\').map((v) => v.trim()));
    } else expect(read.numbers(tag)).toEqual([...(value as number[])]);
  }
}

describe('a data set', () => {
  test('is read back as it was written, in each syntax, from memory and from a source', async () => {
    await fc.assert(
      fc.asyncProperty(dataset, fc.constantFrom(...syntaxes), async (written, transferSyntaxUid) => {
        const first = el(0x00080005, 'CS', 'ISO_IR 100');
        const file = dicomFile([first, ...written], { transferSyntaxUid });
        expectSame(readDataset(file), [first, ...written]);
        expectSame(await readHeader(bytesSource(file)), [first, ...written]);
      }),
      { numRuns: 150 },
    );
  });

  test.each<[string, FileOptions]>([
    ['no preamble', { withoutPreamble: true }],
    ['no file meta', { withoutMeta: true, withoutPreamble: true }],
    ['a preamble and no file meta', { withoutMeta: true }],
    ['implicit VR without file meta', { withoutMeta: true, transferSyntaxUid: implicitLittleEndian }],
    ['big endian without file meta', { withoutMeta: true, transferSyntaxUid: explicitBigEndian }],
  ])('is read with %s', (_, options) => {
    const read = readDataset(
      dicomFile([el(0x00080018, 'UI', '1.2.3'), el(0x00280010, 'US', [512])], options),
    );
    expect(read.text(0x00080018)).toBe('1.2.3');
    expect(read.number(0x00280010)).toBe(512);
    expect(read.transferSyntaxUid).toBe(options.transferSyntaxUid ?? explicitLittleEndian);
  });

  test('is read in the encoding that it has where a native syntax was declared wrongly', () => {
    const meta = [el(0x00020010, 'UI', explicitLittleEndian)];
    const written = [el(0x00080018, 'UI', '1.2.3'), el(0x00280010, 'US', [7])];
    const read = readDataset(dicomFile(written, { meta, transferSyntaxUid: implicitLittleEndian }));
    expect(read.transferSyntaxUid).toBe(implicitLittleEndian);
    expect(read.number(0x00280010)).toBe(7);
  });

  test('takes a wrong group length of group 0002 as what it is', () => {
    const meta = [el(0x00020000, 'UL', [99999]), el(0x00020010, 'UI', explicitLittleEndian)];
    expect(readDataset(dicomFile([el(0x00080018, 'UI', '1.2.3')], { meta })).text(0x00080018)).toBe('1.2.3');
  });

  test('holds implicit VR inside UN of undefined length, also in big endian', () => {
    const inner = encodeElements(
      [{ tag: 0x00081115, vr: 'SQ', value: [[el(0x00280010, 'US', [258])]], isDelimited: true }],
      {
        isImplicit: true,
        isBigEndian: false,
      },
    );
    for (const uid of [explicitLittleEndian, explicitBigEndian]) {
      const head = el(0x00080018, 'UI', '1.2.3');
      const file = dicomFile([head, el(0x00280011, 'US', [3])], { transferSyntaxUid: uid });
      const big = uid === explicitBigEndian;
      const tag = big ? [0, 9, 0x10, 2] : [9, 0, 2, 0x10];
      const un = Buffer.concat([
        Buffer.of(...tag),
        Buffer.from('UN\0\0'),
        Buffer.alloc(4, 0xff),
        inner.subarray(8),
      ]);
      const last = encodeElements([el(0x00280011, 'US', [3])], { isImplicit: false, isBigEndian: big });
      const read = readDataset(Buffer.concat([file.subarray(0, file.length - last.length), un, last]));
      expect(read.sequence(0x00091002)[0]?.number(0x00280010)).toBe(258);
      expect(read.number(0x00280011)).toBe(3);
    }
  });

  test('gives text of a UN element that the dictionary knows, and numbers by the sign of the pixels', () => {
    const file = dicomFile([
      { tag: 0x00080060, vr: 'UN', value: 'CT' },
      el(0x00280103, 'US', [1]),
      { tag: 0x00280106, vr: 'SS', value: [-5] },
    ]);
    expect(readDataset(file).text(0x00080060)).toBe('CT');
    const implicit = dicomFile(
      [el(0x00080060, 'CS', 'CT'), el(0x00280103, 'US', [1]), el(0x00280106, 'SS', [-5])],
      { transferSyntaxUid: implicitLittleEndian },
    );
    expect(readDataset(implicit).number(0x00280106)).toBe(-5);
  });

  test('tolerates zero padding behind its end and elements of odd or no length', () => {
    const odd = { tag: 0x00100010, vr: 'PN', value: new Uint8Array(Buffer.from('ABC')) };
    const file = dicomFile([el(0x00080060, 'CS', ''), odd, el(0x00280010, 'US', [])]);
    const read = readDataset(Buffer.concat([file, Buffer.alloc(77)]));
    expect(read.text(0x00100010)).toBe('ABC');
    expect(read.text(0x00080060)).toBeUndefined();
    expect(read.numbers(0x00280010)).toEqual([]);
  });

  test.each(['1.5e', '0x10', '', 'NaN', 'Infinity', '1\\\\2', '1 2', '٣'])(
    'reads no number from DS %j',
    (value) => {
      expect(
        readDataset(dicomFile([el(0x00080060, 'CS', 'CT'), el(0x00281050, 'DS', value)])).numbers(0x00281050),
      ).toEqual([]);
    },
  );
});
