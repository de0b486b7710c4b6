import { deflateRawSync } from 'node:zlib';
import { fileParts } from '../../dimse/file-parts.ts';
import { element, objectBytes, pixelHeader } from '../dicomweb/object-bytes.ts';

/** An object made to stop a receiver, and the codes with which it may be refused; `stored`: it is a good object after all. */
export interface HostileObject {
  readonly name: string;
  readonly bytes: () => Buffer;
  readonly codes: readonly string[];
}

const megabyte = 1024 * 1024;
const open = Buffer.from('28000030' + '53510000ffffffff' + 'feff00e0ffffffff', 'hex');
const emptyItem = Buffer.from('feff00e000000000', 'hex');
const endOfItem = Buffer.from('feff0de000000000', 'hex');
const endOfSequence = Buffer.from('feffdde000000000', 'hex');
const deflatedSyntax = '1.2.840.10008.1.2.1.99';

const repeated = (piece: Buffer, count: number): Buffer => Buffer.alloc(piece.length * count, piece);
const plain = (extra: Buffer, pixels?: Buffer): Buffer =>
  objectBytes({ extra, ...(pixels === undefined ? {} : { pixels }) });

/** Elements of a private group with an empty text, their numbers ascending and then again. */
function manyElements(count: number): Buffer {
  const bytes = Buffer.alloc(8 * count);
  for (let at = 0; at < count; at += 1) {
    bytes.writeUInt16LE(0x0029 + 2 * Math.floor(at / 0xe000), 8 * at);
    bytes.writeUInt16LE(0x1000 + (at % 0xe000), 8 * at + 2);
    bytes.write('LO', 8 * at + 4, 'latin1');
  }
  return bytes;
}

/** Items of one sequence, in each of which sequences are in each other. */
function deepItems(count: number, depth: number): Buffer {
  const closed = Buffer.concat([endOfItem, endOfSequence]);
  const item = Buffer.concat([open.subarray(12), repeated(open, depth), repeated(closed, depth), endOfItem]);
  return Buffer.concat([open.subarray(0, 12), repeated(item, count), endOfSequence]);
}

function bomb(): Buffer {
  const whole = objectBytes({ transferSyntaxUid: deflatedSyntax });
  const { dataSet } = fileParts(whole);
  const inflated = Buffer.concat([dataSet, pixelHeader(300 * megabyte), Buffer.alloc(300 * megabyte)]);
  return Buffer.concat([whole.subarray(0, whole.length - dataSet.length), deflateRawSync(inflated)]);
}

function lie(claimed: number): Buffer {
  const bytes = plain(element(0x0029, 0x0010, 'LO', 'HERE'));
  const at = bytes.indexOf('HERE') - 8;
  const long = Buffer.from('29001010' + '4f420000' + '00000000', 'hex');
  long.writeUInt32LE(claimed >>> 0, 8);
  return Buffer.concat([bytes.subarray(0, at), long, bytes.subarray(at)]);
}

/** Encapsulated pixel data of so many fragments, all empty. */
function emptyFragments(count: number): Buffer {
  const jpeg = objectBytes({ transferSyntaxUid: '1.2.840.10008.1.2.4.70' });
  const head = Buffer.from('e07f1000' + '4f420000ffffffff', 'hex');
  return Buffer.concat([jpeg, head, repeated(emptyItem, count), endOfSequence]);
}

const unreadable = ['BH_DICOM_SYNTAX', 'BH_DICOM_TRUNCATED', 'BH_DICOM_LIMIT', 'BH_DICOM_ATTRIBUTE'];

/** security-reliability-ux 2.2 to 2.4: what brought other receivers down. */
export const hostileObjects: readonly HostileObject[] = [
  ...[1_000, 20_000, 500_000].map((depth) => ({
    name: `${depth} sequences in each other`,
    bytes: () => plain(repeated(open, depth)),
    codes: ['BH_DICOM_LIMIT', 'BH_DICOM_SYNTAX'],
  })),
  { name: 'a deflate bomb of 300 MB', bytes: bomb, codes: ['BH_DICOM_LIMIT'] },
  ...[0xffffffff, 0xfffffffe, 0x80000000, 0x7fffffff].map((claimed) => ({
    name: `a length of ${claimed.toString(16)}`,
    bytes: () => lie(claimed),
    codes: unreadable,
  })),
  {
    name: '1,200,000 elements',
    bytes: () => plain(manyElements(1_200_000)),
    codes: ['BH_DICOM_LIMIT', 'BH_DICOM_SYNTAX'],
  },
  {
    name: 'a sequence of 990,000 items',
    bytes: () => plain(Buffer.concat([open.subarray(0, 12), repeated(emptyItem, 990_000), endOfSequence])),
    codes: ['BH_DICOM_LIMIT', 'BH_DICOM_SYNTAX', 'stored'],
  },
  {
    name: '8,000 items with 60 sequences in each other',
    bytes: () => plain(deepItems(8_000, 60)),
    codes: ['stored'],
  },
  {
    name: '1,200,000 fragments of nothing',
    bytes: () => emptyFragments(1_200_000),
    codes: [...unreadable, 'stored'],
  },
  {
    name: 'a text of 10 MB',
    bytes: () => {
      const head = Buffer.from('29001010' + '55540000' + '00000000', 'hex');
      head.writeUInt32LE(10 * megabyte, 8);
      return plain(Buffer.concat([head, Buffer.alloc(10 * megabyte, 0x41)]));
    },
    codes: ['stored'],
  },
];
