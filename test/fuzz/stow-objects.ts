import { deflateRawSync } from 'node:zlib';
import { element, objectBytes, pixelHeader } from '../connectors/dicomweb/object-bytes.ts';
import type { Chance } from './stow-chance.ts';

/** An object that was made wrong, and what may come of it. `refused` names the codes; `any` means stored or refused with a code. */
export interface WrongObject {
  readonly kind: string;
  readonly bytes: Buffer;
  readonly expected: 'stored' | 'any' | readonly string[];
}

let count = 0;
/** Each object has a UID of its own, so that none is a duplicate of another. */
function nextUid(): string {
  count += 1;
  return `1.2.3.${count}`;
}

function base(chance: Chance): Buffer {
  return objectBytes({
    sopInstanceUid: nextUid(),
    pixels: chance.bytes(2 * chance.below(300)),
    extra: sequences(3),
  });
}

/** Sequences in each other, all of undefined length. */
function sequences(depth: number): Buffer {
  const open = Buffer.from('28000030535100 00ffffffff feff00e0ffffffff'.replaceAll(' ', ''), 'hex');
  const close = Buffer.from('feff0de000000000feffdde000000000', 'hex');
  const opens = Array.from({ length: depth }, () => open);
  return Buffer.concat([...opens, ...opens.map(() => close)]);
}

const lies = [0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000, 0x10000, 0xffff, 1, 0];
const unreadable = ['BH_DICOM_SYNTAX', 'BH_DICOM_TRUNCATED', 'BH_DICOM_LIMIT', 'BH_DICOM_ATTRIBUTE'];

const makers: readonly ((chance: Chance) => WrongObject)[] = [
  (chance) => {
    const bytes = base(chance);
    return { kind: 'cut off', bytes: bytes.subarray(0, chance.below(bytes.length)), expected: 'any' };
  },
  (chance) => {
    const bytes = objectBytes({ sopInstanceUid: nextUid(), pixels: Buffer.alloc(1000) });
    return {
      kind: 'cut in pixels',
      bytes: bytes.subarray(0, -1 - chance.below(999)),
      expected: ['BH_DICOM_TRUNCATED'],
    };
  },
  (chance) => {
    const bytes = base(chance);
    for (let flips = 1 + chance.below(20); flips > 0; flips -= 1)
      bytes[128 + chance.below(bytes.length - 128)] = chance.below(256);
    return { kind: 'bytes changed', bytes, expected: 'any' };
  },
  (chance) => {
    const bytes = base(chance);
    bytes.writeUInt32LE(chance.pick(lies), 132 + chance.below(bytes.length - 136));
    return { kind: 'a lying length', bytes, expected: 'any' };
  },
  (chance) => {
    const bytes = base(chance);
    const at = chance.below(bytes.length);
    return {
      kind: 'bytes put in',
      bytes: Buffer.concat([bytes.subarray(0, at), chance.bytes(1 + chance.below(50)), bytes.subarray(at)]),
      expected: 'any',
    };
  },
  (chance) => {
    const bytes = base(chance);
    const at = chance.below(bytes.length - 1);
    return {
      kind: 'bytes left out',
      bytes: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + chance.below(20))]),
      expected: 'any',
    };
  },
  (chance) => ({
    kind: 'rubbish',
    bytes: Buffer.concat([Buffer.from('rubbish!'), chance.bytes(chance.below(2000))]),
    expected: unreadable,
  }),
  (chance) => ({
    kind: 'rubbish behind DICM',
    bytes: Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), chance.bytes(chance.below(500))]),
    expected: unreadable,
  }),
  () => ({ kind: 'empty', bytes: Buffer.alloc(0), expected: ['BH_DICOM_SYNTAX'] }),
  (chance) => ({
    kind: 'sequences too deep',
    bytes: objectBytes({ sopInstanceUid: nextUid(), extra: sequences(70 + chance.below(3000)) }),
    expected: ['BH_DICOM_LIMIT', 'BH_DICOM_SYNTAX'],
  }),
  () => ({
    kind: 'a UID that is too long',
    bytes: objectBytes({ sopInstanceUid: '1'.repeat(70) }),
    expected: ['BH_DICOM_ATTRIBUTE'],
  }),
  () => ({
    kind: 'no SOP Instance UID',
    bytes: objectBytes({ sopInstanceUid: '', patientId: nextUid() }),
    expected: ['BH_DICOM_ATTRIBUTE'],
  }),
  (chance) => ({
    kind: 'hostile strings',
    bytes: objectBytes({
      sopInstanceUid: `../${nextUid()}`,
      studyInstanceUid: chance.pick(['../../etc', '<script>', '%00', '=cmd()', "';--"]),
      patientId: chance.pick(['<img onerror=x>', '=cmd()', '__proto__', '\u001b[2J']),
    }),
    expected: 'stored',
  }),
  () => ({
    kind: 'a deflated bomb',
    bytes: deflated(
      Buffer.concat([objectElements(), element(0x0028, 0x0002, 'OB', ''), Buffer.alloc(4_000_000)]),
    ),
    expected: unreadable,
  }),
  () => ({
    kind: 'a wrong VR in group 0002',
    bytes: Buffer.concat([
      Buffer.alloc(128),
      Buffer.from('DICM'),
      Buffer.from('02000000XX\xff\xff\xff\xff', 'latin1').subarray(8),
      objectElements(),
    ]),
    expected: unreadable,
  }),
  () => ({
    kind: 'impossible pixels',
    bytes: objectBytes({
      sopInstanceUid: nextUid(),
      extra: geometry(0xffff, 0xffff),
      pixels: Buffer.alloc(10),
    }),
    expected: unreadable,
  }),
  () => ({
    kind: 'pixels that are promised and never come',
    bytes: Buffer.concat([objectBytes({ sopInstanceUid: nextUid() }), pixelHeader(0xfffffff0)]),
    expected: ['BH_DICOM_TRUNCATED', 'BH_DICOM_SYNTAX', 'BH_DICOM_LIMIT'],
  }),
];

/** Elements of a good object, without preamble and meta header. */
function objectElements(): Buffer {
  const bytes = objectBytes({ sopInstanceUid: nextUid() });
  return bytes.subarray(bytes.indexOf(Buffer.from([0x08, 0x00, 0x16, 0x00])));
}

function deflated(elements: Buffer): Buffer {
  const whole = objectBytes({ sopInstanceUid: nextUid(), transferSyntaxUid: '1.2.840.10008.1.2.1.99' });
  const start = whole.indexOf(Buffer.from([0x08, 0x00, 0x16, 0x00]));
  return Buffer.concat([whole.subarray(0, start), deflateRawSync(elements)]);
}

function geometry(rows: number, columns: number): Buffer {
  const values: readonly (readonly [number, number])[] = [
    [0x0002, 3],
    [0x0010, rows],
    [0x0011, columns],
    [0x0100, 64],
  ];
  return Buffer.concat(
    values.map(([number, value]) => {
      const bytes = Buffer.concat([element(0x0028, number, 'US', ''), Buffer.alloc(2)]);
      bytes.writeUInt16LE(2, 6);
      bytes.writeUInt16LE(value, 8);
      return bytes;
    }),
  );
}

export const wrongObject = (chance: Chance): WrongObject => chance.pick(makers)(chance);
export const goodObject = (): Buffer => objectBytes({ sopInstanceUid: nextUid(), pixels: Buffer.alloc(100) });
