import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type DicomDataset,
  datasetOf,
  readDataset,
  type WritableDataset,
  writableOf,
  writeDataset,
  writePart10,
} from '../../../../formats/dicom/index.ts';
import { arbitraryDataset } from './arbitrary-dataset.ts';

const uids = { sopClassUid: '1.2.840.10008.5.1.4.1.1.7', sopInstanceUid: '1.2.3' };
const littleEndian = '1.2.840.10008.1.2.1';
const deflated = '1.2.840.10008.1.2.1.99';
const bigEndian = '1.2.840.10008.1.2.2';
const characterSet = 0x00080005;

/** The values that the reader gives, in the writer's own form. (0008,0005) is the writer's doing. */
function readBack(dataset: DicomDataset, like: WritableDataset): unknown[] {
  return [...dataset.elements]
    .filter(({ tag }) => tag !== characterSet)
    .map((element) => {
      const { tag, vr, items } = element;
      const wanted = like.get(tag)?.value;
      if (items !== undefined) {
        const likes = wanted as readonly WritableDataset[];
        return [tag, vr, items.map((item, i) => readBack(item, likes[i] ?? new Map()))];
      }
      if (wanted instanceof Uint8Array) return [tag, vr, [...element.bytes]];
      const isText = ['CS', 'DS', 'LO', 'PN', 'UI', 'LT', 'UT'].includes(vr);
      return [tag, vr, isText ? dataset.texts(tag) : dataset.numbers(tag)];
    });
}

function expected(dataset: WritableDataset): unknown[] {
  return [...dataset]
    .sort(([a], [b]) => a - b)
    .map(([tag, { vr, value }]) => {
      if (vr === 'SQ') return [tag, vr, (value as readonly WritableDataset[]).map(expected)];
      return [tag, vr, value instanceof Uint8Array ? [...value] : value];
    });
}

describe('a written object', () => {
  test.each([littleEndian, deflated])('reads back as it was, in %s', (transferSyntaxUid) => {
    fc.assert(
      fc.property(arbitraryDataset, (dataset) => {
        const read = readDataset(writePart10(dataset, { ...uids, transferSyntaxUid }));
        expect(read.transferSyntaxUid).toBe(transferSyntaxUid);
        expect(readBack(read, dataset)).toEqual(expected(dataset));
      }),
    );
  });

  test('big endian turned into little endian is the little endian file', () => {
    fc.assert(
      fc.property(arbitraryDataset, (dataset) => {
        const big = writePart10(dataset, { ...uids, transferSyntaxUid: bigEndian });
        const little = writePart10(writableOf(readDataset(big)), uids);
        expect(Buffer.compare(little, writePart10(dataset, uids))).toBe(0);
      }),
    );
  });

  test('what was read and written again is the same file, byte by byte', () => {
    fc.assert(
      fc.property(arbitraryDataset, (dataset) => {
        const file = writePart10(dataset, uids);
        expect(Buffer.compare(writePart10(writableOf(readDataset(file)), uids), file)).toBe(0);
      }),
    );
  });

  test('has even lengths everywhere', () => {
    fc.assert(
      fc.property(arbitraryDataset, (dataset) => {
        const file = writePart10(dataset, uids);
        expect(file.length % 2).toBe(0);
        const walk = (set: DicomDataset): void => {
          for (const { length, items } of set.elements) {
            expect(length % 2).toBe(0);
            items?.forEach(walk);
          }
        };
        walk(readDataset(file));
      }),
    );
  });
});

test('the file meta information says what the file is and who wrote it', () => {
  const { meta } = readDataset(writePart10(datasetOf({ SOPClassUID: uids.sopClassUid }), uids));
  expect(meta?.text(0x00020002)).toBe(uids.sopClassUid);
  expect(meta?.text(0x00020003)).toBe('1.2.3');
  expect(meta?.text(0x00020010)).toBe('1.2.840.10008.1.2.1');
  expect(meta?.text(0x00020012)).toMatch(/^2\.25\.[1-9]\d{30,38}$/);
  expect(meta?.text(0x00020013)).toBe('BITHIVE');
  const groupBytes = [...meta!.elements].slice(1).at(-1)!;
  expect(meta?.number(0x00020000)).toBe(groupBytes.offset + groupBytes.length - 144);
});

test('text beyond ASCII is UTF-8 and declared, plain text declares nothing', () => {
  const named = readDataset(
    writePart10(datasetOf({ SOPClassUID: '1.2', PatientName: 'Müller^Jürgen=山田' }), uids),
  );
  expect(named.text(characterSet)).toBe('ISO_IR 192');
  expect(named.text(0x00100010)).toBe('Müller^Jürgen=山田');
  const plain = readDataset(writePart10(datasetOf({ SOPClassUID: '1.2', PatientName: 'Mueller' }), uids));
  expect(plain.get(characterSet)).toBeUndefined();
});

test('a value of over 64 KB in a VR with a short length is written as UN, and read as what it is', () => {
  const long = Array.from({ length: 5000 }, (_, i) => `${i}.123456789`);
  const read = readDataset(writePart10(datasetOf({ SOPClassUID: '1.2', DVHData: long }), uids));
  expect(read.texts(0x30040058)).toEqual(long);
});

test('a decimal string has at most 16 characters', () => {
  const dataset = datasetOf({ PixelSpacing: [0.1 + 0.2, 1 / 3, -123456.7890123456, 1.234567890123456e-7] });
  const text = Buffer.from(
    writeDataset(dataset, { explicit: true, littleEndian: true }).subarray(8),
  ).toString();
  for (const value of text.trim().split('\\')) expect(value.length).toBeLessThanOrEqual(16);
  expect(Number(text.split('\\')[1])).toBeCloseTo(1 / 3, 13);
});

test('without VR: implicit little endian, as a command set has it', () => {
  const command = new Map([
    [0x00000100, { vr: 'US', value: [0x30] }],
    [0x00000110, { vr: 'US', value: [7] }],
  ]);
  const bytes = Buffer.from(writeDataset(command, { explicit: false, littleEndian: true }));
  expect(bytes.toString('hex')).toBe('00000001020000003000' + '00001001020000000700');
});
