/** A generator of numbers from a seed: the same seed gives the same inputs. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, n). mulberry32. */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }
}

const VT = Buffer.of(0x0b);
const FS = Buffer.of(0x1c);
const END = Buffer.of(0x1c, 0x0d);

/**
 * One input of the bad-input catalogue: the bytes on the wire and, in order, what must come back for it: MSA-1, with MSA-2 or '*'
 * where the control id may be anything.
 */
export interface FuzzInput {
  readonly name: string;
  readonly bytes: Buffer;
  readonly expected: readonly string[];
}

type Make = (controlId: string, dice: Dice) => FuzzInput;

const text = (controlId: string, tail = ''): string =>
  `MSH|^~\\&|HIS|H|EHR|H|20261122080000||ADT^A04^ADT_A01|${controlId}|P|2.5.1\rPID|1||77^^^H^MR||Doe^Jane\r${tail}`;
const message = (controlId: string, tail = ''): Buffer => Buffer.from(text(controlId, tail));
const frame = (body: Buffer): Buffer => Buffer.concat([VT, body, END]);
const framed = (name: string, body: Buffer | string, ...expected: string[]): FuzzInput => ({
  name,
  bytes: frame(Buffer.from(body as string)),
  expected,
});
const wire = (name: string, parts: readonly (Buffer | string)[], ...expected: string[]): FuzzInput => ({
  name,
  bytes: Buffer.concat(parts.map((part) => Buffer.from(part as string))),
  expected,
});

const framing: readonly Make[] = [
  (id) => framed('well-formed', message(id), `AA ${id}`),
  (id) => wire('no VT', ['MSH|^~\\&|lost\r', frame(message(id))], `AA ${id}`),
  (id) => wire('double VT', [VT, VT, message(id), END], `AA ${id}`),
  (id) => wire('FS inside', [VT, message(id), FS, 'OBX|1\r', END], `AE ${id}`),
  (id) => wire('CR missing', [VT, message(id), FS, frame(message(`${id}b`))], `AA ${id}`, `AA ${id}b`),
  (id) => wire('two in a packet', [frame(message(id)), frame(message(`${id}b`))], `AA ${id}`, `AA ${id}b`),
  (id) => wire('no end block', [VT, message(id), frame(message(`${id}b`))], `AE ${id}`, `AA ${id}b`),
  (id) =>
    wire('FS, then rubbish', [VT, message(id), FS, 'zz', frame(message(`${id}b`))], `AE ${id}`, `AA ${id}b`),
  () => framed('empty', '', 'AR '),
  () => framed('NUL only', Buffer.alloc(50), 'AR '),
  () => framed('BHS batch', `BHS|^~\\&|A\r${text('X')}BTS|1\r`, 'batch AA X'),
  () => framed('nested FHS and BHS', `FHS|^~\\&|A\rBHS|^~\\&|A\r${text('X')}BTS|1\rFTS|1\r`, 'batch AA X'),
  () => framed('UTF-16', Buffer.from(text('X'), 'utf16le'), 'AR '),
  () => framed('not HL7', '{"resourceType":"Patient"}', 'AR '),
  (_, dice) => framed('random bytes', randomBytes(dice, 200), 'AR '),
];

const header: readonly Make[] = [
  (id) => framed('MSH only', `MSH|^~\\&|||||||ADT^A04|${id}|P|2.5`, `AA ${id}`),
  () => framed('MSH without fields', 'MSH', 'AR '),
  () => framed('MSH with delimiters only', 'MSH|^~\\&|', 'AE '),
  () => framed('duplicate delimiters', text('X').replace('^~\\&', '^^^^'), 'AR '),
  () => framed('a letter as delimiter', text('X').replaceAll('|', 'Q'), 'AR '),
  (id) => framed('exotic delimiters', text(id).replaceAll('|', '#').replaceAll('^', '*'), `AA ${id}`),
  (id) => framed('LF', text(id).replaceAll('\r', '\n'), `AA ${id}`),
  (id) => framed('CRLF', text(id).replaceAll('\r', '\r\n'), `AA ${id}`),
  (id) => framed('BOM', `\ufeff${text(id)}`, `AA ${id}`),
  () => framed('MSH-10 missing', text(''), 'AE '),
  (id) => framed('MSH-10 of 10 KB', text(id.padEnd(10_000, 'x')), `AE ${id.padEnd(10_000, 'x')}`),
  (id) => wire('MSH-10 twice', [frame(message(id)), frame(message(id))], `AA ${id}`, `AA ${id}`),
  (id) => framed('unknown version', text(id).replace('2.5.1', '99.9'), `AA ${id}`),
  (id) => framed('unknown event', text(id).replace('ADT^A04', 'QQQ^Q99'), `AA ${id}`),
  (id) => framed('wrong MSH-18', text(id).replace('2.5.1', '2.5.1||||||8859/99'), `AA ${id}`),
  (id) => framed('an ACK that answers nothing', text(id).replace('ADT^A04^ADT_A01', 'ACK')),
  () => wire('ACK flood', Array(20).fill(frame(Buffer.from(text('F').replace('ADT^A04^ADT_A01', 'ACK'))))),
];

const content: readonly Make[] = [
  (id) => framed('unknown segment', message(id, 'Z\rZZ9|1\r__proto__|1\r|||\r'), `AA ${id}`),
  (id) =>
    framed('lone surrogates', Buffer.concat([message(id), Buffer.from([0xed, 0xa0, 0x80])]), `AA ${id}`),
  (id) => framed('NUL inside', message(id, 'NTE|1||a\0b\r'), `AA ${id}`),
  (id) => framed('many segments', message(id, 'OBX|1\r'.repeat(2000)), `AA ${id}`),
  (id) => framed('many repetitions', text(id).replace('77^^^H^MR', '7~'.repeat(20_000)), `AA ${id}`),
  (id) => framed('large base64', message(id, `OBX|1|ED|P||^^^Base64^${'QUJD'.repeat(20_000)}\r`), `AA ${id}`),
  (id) => framed('bad base64', message(id, 'OBX|1|ED|P||^^^Base64^!!=%%\r'), `AA ${id}`),
  (id) => framed('broken escapes', message(id, 'NTE|1||\\X4\\\\XZZ\\\\\\\\F\\.sp99999\\\\\r'), `AA ${id}`),
  (id) => framed('impossible dates', text(id).replace('20261122080000', '99999999-1400'), `AA ${id}`),
  (id, dice) => framed('random tail', Buffer.concat([message(id), randomBytes(dice, 400)]), `AA ${id}`),
  (id, dice) => framed('one byte changed after MSH', changed(id, dice), `AA ${id}`),
];

const all: readonly Make[] = [...framing, ...header, ...content];

const large: readonly Make[] = [
  (id) => framed('100 thousand segments', message(id, 'OBX|1|NM|\r'.repeat(100_000)), `AA ${id}`),
  (id) => framed('over the segment limit', message(id, 'Z\r'.repeat(200_001)), 'AR '),
  (id) => framed('a million repetitions', text(id).replace('77^^^H^MR', '7~'.repeat(1_000_000)), `AA ${id}`),
  (id) =>
    framed('20 MB of base64', message(id, `OBX|1|ED|P||^^^Base64^${'QUJD'.repeat(5_000_000)}\r`), `AA ${id}`),
];

/** The large inputs first, then the catalogue in turn, each time with other chance. */
export function fuzzInput(nth: number, dice: Dice): FuzzInput {
  const first = large[nth];
  if (first !== undefined) return first(`L${nth}`, dice);
  return all[nth % all.length]!(`M${nth}`, dice);
}

/** Never a framing byte: those have inputs of their own. */
function randomBytes(dice: Dice, most: number): Buffer {
  const bytes = Buffer.alloc(1 + dice.below(most));
  for (let at = 0; at < bytes.length; at++) bytes[at] = randomByte(dice);
  return bytes;
}

function randomByte(dice: Dice): number {
  const byte = dice.below(256);
  return byte === 0x0b || byte === 0x1c ? 0x20 : byte;
}

function changed(controlId: string, dice: Dice): Buffer {
  const bytes = message(controlId);
  const start = bytes.indexOf('PID');
  bytes[start + dice.below(bytes.length - start)] = randomByte(dice);
  return bytes;
}
