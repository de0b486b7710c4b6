import { describe, expect, test } from '@jest/globals';
import {
  bytesSource,
  instanceFacts,
  readBareDataset,
  readHeader,
  verifyPixelData,
} from '../../../formats/dicom/index.ts';
import { explicitLittleEndian, implicitLittleEndian } from '../../../formats/dicom/transfer-syntax.ts';
import { dicomFile, el } from './object-builder.ts';
import { refusalCode } from './refusal.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const head = [el(0x00080016, 'UI', '1.2.3'), el(0x00080018, 'UI', '1.2.3.4')];
const sequence = hex('400030a7' + '53510000ffffffff');
const openItem = hex('feff00e0ffffffff');
const closeItem = hex('feff0de000000000');
const closeSequence = hex('feffdde000000000');
const nothingInIt = hex('feff00e000000000');

const repeated = (piece: Buffer, count: number): Buffer => Buffer.alloc(piece.length * count, piece);
const inSequence = (items: Buffer): Buffer =>
  Buffer.concat([dicomFile(head), sequence, items, closeSequence]);

/** Elements of the top level with nothing in them. */
function topElements(count: number): Buffer {
  const bytes = Buffer.alloc(8 * count);
  for (let at = 0; at < count; at += 1) {
    bytes.writeUInt16LE(0x0029 + 2 * Math.floor(at / 0xe000), 8 * at);
    bytes.writeUInt16LE(0x1000 + (at % 0xe000), 8 * at + 2);
    bytes.write('LO', 8 * at + 4, 'latin1');
  }
  return Buffer.concat([dicomFile(head), bytes]);
}

/** Items that each hold sequences in each other. */
function deepItems(count: number, depth: number): Buffer {
  const open = repeated(Buffer.concat([sequence, openItem]), depth);
  const close = repeated(Buffer.concat([closeItem, closeSequence]), depth);
  return inSequence(repeated(Buffer.concat([openItem, open, close, closeItem]), count));
}

async function read(bytes: Uint8Array): Promise<void> {
  const source = bytesSource(bytes);
  const header = await readHeader(source);
  await verifyPixelData(source, header);
  instanceFacts(header);
}

/** Turns that the event loop has while the object, all of it in memory, is read. */
async function turnsWhile(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isOver = true;
  return turns;
}

function cpuMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('the event loop goes on while a header is read', () => {
  test.each([
    ['990,000 empty items', 990_000, () => inSequence(repeated(nothingInIt, 990_000))],
    [
      'items of undefined length',
      500_000,
      () => inSequence(repeated(Buffer.concat([openItem, closeItem]), 500_000)),
    ],
    [
      'items with an element each',
      800_000,
      () => inSequence(repeated(hex('feff00e008000000' + '0800600043530000'), 400_000)),
    ],
    ['elements of the top level', 900_000, () => topElements(900_000)],
    ['deep sequences', 600_000, () => deepItems(5_000, 60)],
  ])('of %s', async (_, elementsCount, make) => {
    const bytes = make();
    const turns = await turnsWhile(() => read(bytes));
    // A turn for each 8,000 elements and more: a few milliseconds.
    expect(turns).toBeGreaterThan(elementsCount / 8_000);
  });

  test('of empty fragments of pixel data', async () => {
    const jpeg = dicomFile(head, { transferSyntaxUid: '1.2.840.10008.1.2.4.70' });
    const pixels = Buffer.concat([hex('e07f1000' + '4f420000ffffffff'), repeated(nothingInIt, 900_000)]);
    const turns = await turnsWhile(() => read(Buffer.concat([jpeg, pixels, closeSequence])));
    expect(turns).toBeGreaterThan(100);
  });

  test('of a data set that comes by DIMSE', async () => {
    const bytes = inSequence(repeated(nothingInIt, 900_000));
    const dataSet = bytes.subarray(bytes.indexOf(hex('0800160055490600')));
    expect(await turnsWhile(() => readBareDataset(dataSet, explicitLittleEndian))).toBeGreaterThan(100);
  });

  test('of a million elements of group 0002', async () => {
    const meta = repeated(hex('0200160041450000'), 900_000);
    const bytes = Buffer.concat([
      Buffer.alloc(128),
      Buffer.from('DICM'),
      meta,
      dicomFile(head).subarray(132),
    ]);
    expect(await turnsWhile(() => read(bytes))).toBeGreaterThan(100);
  });
});

describe('no step over an object costs more than its size', () => {
  test('zeros that are elements of implicit VR are looked through once', async () => {
    const start = dicomFile(head, { transferSyntaxUid: implicitLittleEndian });
    const bytes = Buffer.concat([start, Buffer.alloc(400_000), Buffer.of(1)]);
    const before = process.cpuUsage();
    expect(await refusalCode(() => readHeader(bytesSource(bytes)))).toBe('BH_DICOM_TRUNCATED');
    expect(cpuMs(before)).toBeLessThan(3_000);
  });

  test('a megabyte of Pixel Representation is not read for each value that depends on it', async () => {
    const implicit = (tag: string, value: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(value.length);
      return Buffer.concat([hex(tag), length, value]);
    };
    const smallest = Buffer.concat([hex('feff00e00a000000'), implicit('28000601', Buffer.alloc(2))]);
    const bytes = Buffer.concat([
      dicomFile(head, { transferSyntaxUid: implicitLittleEndian }),
      implicit('28000301', Buffer.alloc(1024 * 1024)),
      implicit('400030a7', repeated(smallest, 2_000)),
    ]);
    const before = process.cpuUsage();
    await readHeader(bytesSource(bytes));
    expect(cpuMs(before)).toBeLessThan(3_000);
  });

  test('an icon of a million fragments is refused', async () => {
    const icon = Buffer.concat([
      openItem,
      hex('e07f1000' + '4f420000ffffffff'),
      repeated(nothingInIt, 900_000),
    ]);
    const bytes = inSequence(Buffer.concat([icon, closeSequence, closeItem]));
    expect(await refusalCode(() => readHeader(bytesSource(bytes)))).toBe('BH_DICOM_LIMIT');
  });

  test('a name of a megabyte is refused, not decoded', async () => {
    const bytes = dicomFile([...head, el(0x00100010, 'UC', '\\'.repeat(1024 * 1024))]);
    expect(await refusalCode(() => read(bytes))).toBe('BH_DICOM_ATTRIBUTE');
    const issuer = { tag: 0x00080051, vr: 'SQ', value: [[el(0x00400032, 'UT', 'x'.repeat(100_000))]] };
    expect(await refusalCode(() => read(dicomFile([...head, issuer])))).toBe('BH_DICOM_ATTRIBUTE');
  });

  test('the first element out of order among too many is refused at once', async () => {
    const bytes = Buffer.concat([topElements(900_000), hex('1000200043530000')]);
    expect(await refusalCode(() => read(bytes))).toBe('BH_DICOM_LIMIT');
  });
});
