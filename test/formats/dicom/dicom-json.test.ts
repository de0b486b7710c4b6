import { expect, test } from '@jest/globals';
import { dicomJson, readDataset } from '../../../formats/dicom/index.ts';
import { explicitBigEndian, explicitLittleEndian } from '../../../formats/dicom/transfer-syntax.ts';
import { type BuiltElement, dicomFile, el, encapsulated, imageElements } from './object-builder.ts';

const json = (elements: readonly BuiltElement[], uid = explicitLittleEndian): object =>
  JSON.parse(
    dicomJson(readDataset(dicomFile(elements, { transferSyntaxUid: uid })), {
      inlineBytesMax: 8,
      bulkDataUri: ({ offset, length }) => `at ${offset > 0}, ${length}`,
    }),
  );
const first = el(0x00080018, 'UI', '1.2.3');

// PS3.18 F.2.2 to F.2.7.
test('each kind of value has its form', () => {
  expect(
    json([
      first,
      el(0x00080000, 'UL', [4]),
      el(0x00080050, 'SH'),
      el(0x00080061, 'CS', 'CT\\\\MR'),
      el(0x00100010, 'PN', 'Yamada^Tarou^^^=A^B=C'),
      el(0x00101000, 'PN', '=A'),
      el(0x00101001, 'PN', '^^'),
      el(0x00280009, 'AT', [0x10, 0x18]),
      el(0x00281050, 'DS', '1.5\\-2e3'),
      el(0x00281051, 'DS', '1,5'),
      el(0x00200013, 'IS', ' 7'),
      el(0x0040a30a, 'FD', [0.25]),
      el(0x0040a161, 'UV', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 9, 0, 0, 0, 0, 0, 0, 0)),
      { tag: 0x00081115, vr: 'SQ', value: [[first], []] },
    ]),
  ).toEqual({
    '00080018': { vr: 'UI', Value: ['1.2.3'] },
    '00080050': { vr: 'SH' },
    '00080061': { vr: 'CS', Value: ['CT', null, 'MR'] },
    '00081115': { vr: 'SQ', Value: [{ '00080018': { vr: 'UI', Value: ['1.2.3'] } }, {}] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: 'A^B', Phonetic: 'C' }] },
    '00101000': { vr: 'PN', Value: [{ Ideographic: 'A' }] },
    '00101001': { vr: 'PN' },
    '00200013': { vr: 'IS', Value: [7] },
    '00280009': { vr: 'AT', Value: ['00100018'] },
    '00281050': { vr: 'DS', Value: [1.5, -2000] },
    '00281051': { vr: 'DS', Value: ['1,5'] },
    '0040A161': { vr: 'UV', Value: ['18446744073709551615', 9] },
    '0040A30A': { vr: 'FD', Value: [0.25] },
  });
});

test('binary values are base64 of little-endian words up to a size, else named', () => {
  const words = (bytes: number): BuiltElement =>
    el(
      0x00283006,
      'OW',
      Uint8Array.from({ length: bytes }, (_, i) => i),
    );
  expect(json([first, words(4)], explicitBigEndian)).toMatchObject({
    '00283006': { vr: 'OW', InlineBinary: Buffer.from([1, 0, 3, 2]).toString('base64') },
  });
  expect(json([first, words(10)])).toMatchObject({ '00283006': { vr: 'OW', BulkDataURI: 'at true, 10' } });
  expect(json(imageElements(encapsulated([new Uint8Array(4)])), '1.2.840.10008.1.2.5')).toMatchObject({
    '7FE00010': { vr: 'OB', BulkDataURI: 'at true, -1' },
  });
});
