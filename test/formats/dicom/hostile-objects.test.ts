import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesSource, readDataset, readHeader } from '../../../formats/dicom/index.ts';
import {
  deflatedExplicitLittleEndian,
  implicitLittleEndian,
} from '../../../formats/dicom/transfer-syntax.ts';
import { type BuiltElement, dicomFile, el, encapsulated, imageElements } from './object-builder.ts';
import { refusalCode } from './refusal.ts';

const head = el(0x00080018, 'UI', '1.2.3');

/** Both readers must say the same of an object. */
async function codes(bytes: Uint8Array): Promise<readonly string[]> {
  return [
    await refusalCode(() => readDataset(bytes)),
    await refusalCode(() => readHeader(bytesSource(bytes))),
  ];
}
const both = (code: string): readonly string[] => [code, code];

/** Headers of sequence and item of undefined length, over and over. */
function nested(levels: number, ends: boolean): Buffer {
  const open = Buffer.from('08001511' + '53510000ffffffff' + 'feff00e0ffffffff', 'hex');
  const close = Buffer.from('feff0de000000000' + 'feffdde000000000', 'hex');
  const parts = [dicomFile([head]), ...new Array<Buffer>(levels).fill(open)];
  return Buffer.concat(ends ? [...parts, ...new Array<Buffer>(levels).fill(close)] : parts);
}

describe('a hostile object', () => {
  test('nests as deep as the limit and not deeper', async () => {
    expect(await codes(nested(64, true))).toEqual(both('accepted'));
    expect(await codes(nested(65, true))).toEqual(both('BH_DICOM_LIMIT'));
    expect(await codes(nested(1000, true))).toEqual(both('BH_DICOM_LIMIT'));
    expect(await codes(nested(200_000, false))).toEqual(both('BH_DICOM_LIMIT'));
    expect(await codes(nested(10, false))).toEqual(both('BH_DICOM_TRUNCATED'));
  });

  test('cannot have more elements than the limit', async () => {
    const empty = Buffer.from('0800081043530000', 'hex');
    const file = Buffer.concat([dicomFile([head]), ...new Array<Buffer>(1_000_100).fill(empty)]);
    expect(await refusalCode(() => readDataset(file))).toBe('BH_DICOM_LIMIT');
    const item = Buffer.from('feff00e000000000', 'hex');
    const sequence = Buffer.from('0800151153510000ffffffff', 'hex');
    const items = Buffer.concat([dicomFile([head]), sequence, ...new Array<Buffer>(1_000_100).fill(item)]);
    expect(await refusalCode(() => readDataset(items))).toBe('BH_DICOM_LIMIT');
  });

  test('may have its elements out of order, but not without end', async () => {
    const elements = (count: number): Buffer => {
      const bytes = Buffer.alloc(count * 8);
      for (let i = 0; i < count; i += 1) {
        bytes.writeUInt16LE(0x0009, i * 8);
        bytes.writeUInt16LE(60_000 - i, i * 8 + 2);
        bytes.write('CS', i * 8 + 4);
      }
      return Buffer.concat([dicomFile([head]), bytes]);
    };
    expect(await codes(elements(40_000))).toEqual(both('accepted'));
    expect(await codes(elements(59_000))).toEqual(both('BH_DICOM_LIMIT'));
    const repeated = readDataset(
      dicomFile([head, el(0x00100020, 'LO', 'A'), el(0x00080060, 'CS', 'CT'), el(0x00100020, 'LO', 'B')]),
    );
    expect([repeated.text(0x00100020), repeated.text(0x00080060), [...repeated.elements].length]).toEqual([
      'B',
      'CT',
      3,
    ]);
  });

  test('cannot inflate beyond 100 times its size', async () => {
    const start = dicomFile([], { transferSyntaxUid: deflatedExplicitLittleEndian }).subarray(0, -2);
    const bomb = Buffer.concat([start, deflateRawSync(Buffer.alloc(64 * 1024 * 1024))]);
    expect(bomb.length).toBeLessThan(70_000);
    expect(await codes(bomb)).toEqual(both('BH_DICOM_LIMIT'));
  });

  test('is refused when its deflate stream is cut or is none', async () => {
    const whole = dicomFile([head, el(0x00204000, 'LT', 'abcdefghij'.repeat(20))], {
      transferSyntaxUid: deflatedExplicitLittleEndian,
    });
    expect(await codes(whole)).toEqual(both('accepted'));
    expect(await codes(whole.subarray(0, whole.length - 3))).toEqual(both('BH_DICOM_TRUNCATED'));
    const broken = Buffer.from(whole);
    broken.fill(0xff, broken.length - 20);
    expect((await codes(broken))[0]).not.toBe('accepted');
  });

  test.each<[string, BuiltElement, string]>([
    ['a value past the end', { ...el(0x00100020, 'LO', 'AB'), lie: 4000 }, 'BH_DICOM_TRUNCATED'],
    [
      'a value of 4 GB',
      { ...el(0x00420011, 'OB', new Uint8Array(2)), lie: 0xfffffffe },
      'BH_DICOM_TRUNCATED',
    ],
    [
      'undefined length in OB',
      { ...el(0x00420011, 'OB', new Uint8Array(2)), lie: 0xffffffff },
      'BH_DICOM_SYNTAX',
    ],
    ['undefined length in UT', { ...el(0x0040a160, 'UT', 'x'), lie: 0xffffffff }, 'BH_DICOM_SYNTAX'],
    ['a VR that is no letters', { ...el(0x00100020, '1$', 'AB') }, 'BH_DICOM_SYNTAX'],
    ['an item in place of an element', el(0xfffee000, 'UN', new Uint8Array(0)), 'BH_DICOM_SYNTAX'],
    [
      'an element that crosses its item',
      {
        tag: 0x00081115,
        vr: 'SQ',
        value: [[{ ...el(0x00100020, 'LO', 'AB'), lie: 40 }, el(0x00100040, 'CS', 'M')]],
      },
      'BH_DICOM_SYNTAX',
    ],
    [
      'bytes in place of an item',
      { tag: 0x00081115, vr: 'SQ', value: new Uint8Array(Buffer.from('0800180055490000', 'hex')) },
      'BH_DICOM_SYNTAX',
    ],
  ])('with %s is refused', async (_, element, code) => {
    const last = el(0x00400001, 'LT', 'x'.repeat(60));
    expect(await codes(dicomFile([head, element, last]))).toEqual(both(code));
  });

  test('with a VR that group 0002 does not have is refused', async () => {
    for (const vr of ['SQ', 'OW', 'UT', 'ZZ', 'LT', '??']) {
      const meta = [el(0x00020010, 'UI', '1.2.840.10008.1.2.1'), el(0x00020012, vr, 'A')];
      expect([vr, ...(await codes(dicomFile([head], { meta })))]).toEqual([vr, ...both('BH_DICOM_SYNTAX')]);
    }
  });

  test('in implicit VR with undefined length of a known text is refused', async () => {
    const file = dicomFile([head, { ...el(0x00100020, 'LO', 'A'), lie: 0xffffffff }], {
      transferSyntaxUid: implicitLittleEndian,
    });
    expect(await codes(file)).toEqual(both('BH_DICOM_SYNTAX'));
  });

  test('with a fragment of undefined length is refused', async () => {
    const file = dicomFile(imageElements(encapsulated([new Uint8Array(4)])), {
      transferSyntaxUid: '1.2.840.10008.1.2.5',
    });
    const at = file.lastIndexOf(Buffer.from('feff00e004000000', 'hex'));
    file.fill(0xff, at + 4, at + 8);
    expect(await refusalCode(() => readDataset(file))).toBe('BH_DICOM_SYNTAX');
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['one byte', Uint8Array.of(8)],
    ['zeros', new Uint8Array(4096)],
    ['text', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20))],
    ['DICM and no more', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')])],
  ])('of %s is no DICOM object', async (_, bytes) => {
    expect(await codes(bytes)).toEqual(both('BH_DICOM_SYNTAX'));
  });

  test('that has group 0002 and no data set is truncated', async () => {
    expect(await codes(dicomFile([]))).toEqual(both('BH_DICOM_TRUNCATED'));
  });

  test('of any bytes is read or refused with a code', async () => {
    const start = dicomFile([head]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (noise) => {
        const [whole] = await codes(Buffer.concat([start, noise]));
        expect(typeof whole).toBe('string');
        await codes(noise);
      }),
      { numRuns: 300 },
    );
  });

  test('with any one byte changed is read or refused with a code', async () => {
    const file = dicomFile([
      head,
      {
        tag: 0x00081115,
        vr: 'SQ',
        value: [[el(0x00080005, 'CS', 'ISO 2022 IR 87'), el(0x00100010, 'PN', '\x1b$B;3')]],
        isDelimited: true,
      },
      el(0x00280010, 'US', [2]),
      el(0x00281050, 'DS', '1\\2'),
    ]);
    for (let at = 0; at < file.length; at += 1) {
      for (const value of [0, 0x7f, 0xff, file[at]! ^ 1]) {
        const changed = Buffer.from(file);
        changed[at] = value;
        const [whole] = await codes(changed);
        if (whole !== 'accepted') continue;
        for (const element of readDataset(changed).elements) readDataset(changed).texts(element.tag);
      }
    }
  });
});
