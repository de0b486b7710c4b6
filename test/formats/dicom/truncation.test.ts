import { describe, expect, test } from '@jest/globals';
import { bytesSource, readDataset, readHeader, verifyPixelData } from '../../../formats/dicom/index.ts';
import {
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '../../../formats/dicom/transfer-syntax.ts';
import { dicomFile, el, encapsulated, imageElements } from './object-builder.ts';
import { refusalCode } from './refusal.ts';

const before = [
  {
    tag: 0x00283010,
    vr: 'SQ',
    value: [[el(0x00283002, 'US', [4, 0, 8]), el(0x00283006, 'OW', [1, 2, 3, 4])]],
    isDelimited: true,
  },
];
const native = imageElements(el(0x7fe00010, 'OW', new Uint8Array(64).fill(5)), {
  rows: 8,
  columns: 8,
  before,
});
const jpegFragments = [Uint8Array.of(0xff, 0xd8, 1, 2, 3, 4, 0xff, 0xd9)];
const files: readonly [string, Buffer][] = [
  ['explicit', dicomFile(native, { transferSyntaxUid: explicitLittleEndian })],
  ['implicit', dicomFile(native, { transferSyntaxUid: implicitLittleEndian })],
  ['big endian', dicomFile(native, { transferSyntaxUid: explicitBigEndian })],
  ['deflated', dicomFile(native, { transferSyntaxUid: deflatedExplicitLittleEndian })],
  [
    'encapsulated',
    dicomFile(imageElements(encapsulated(jpegFragments), { before }), {
      transferSyntaxUid: '1.2.840.10008.1.2.4.70',
    }),
  ],
];

async function receive(bytes: Uint8Array): Promise<void> {
  const source = bytesSource(bytes);
  await verifyPixelData(source, await readHeader(source));
}

describe.each(files)('an %s object', (name, file) => {
  test('is accepted whole', async () => {
    expect(await refusalCode(() => receive(file))).toBe('accepted');
    expect(await refusalCode(() => readDataset(file))).toBe('accepted');
  });

  test('that is cut at any byte is refused or, between two elements, lacks what stood behind', async () => {
    const accepted: number[] = [];
    for (let length = 0; length < file.length; length += 1) {
      const code = await refusalCode(() => receive(file.subarray(0, length)));
      if (code === 'accepted') accepted.push(length);
      else expect(['BH_DICOM_TRUNCATED', 'BH_DICOM_SYNTAX']).toContain(code);
      await refusalCode(() => readDataset(file.subarray(0, length)));
    }
    // Up to Bits Allocated the rest may be a non-image object; from there on pixels are missed.
    const bitsAllocated = native.findIndex((element) => element.tag === 0x00280100);
    const boundaries = name === 'deflated' ? 0 : bitsAllocated;
    const withoutDelimiter = name === 'encapsulated' ? 1 : 0;
    expect(accepted.length).toBeLessThanOrEqual(2 * boundaries + withoutDelimiter);
    expect(accepted.filter((length) => length > file.length - 60)).toEqual(
      withoutDelimiter ? [file.length - 8] : [],
    );
  });
});
