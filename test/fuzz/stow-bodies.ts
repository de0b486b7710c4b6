import { bodyOf, boundary, multipartType } from '../connectors/dicomweb/raw-client.ts';
import type { Chance } from './stow-chance.ts';
import { goodObject } from './stow-objects.ts';

/** A request whose frame is wrong, and the statuses that protocol-answers.md allows for it. */
export interface WrongBody {
  readonly kind: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly statuses: readonly number[];
}

const asMultipart = { 'content-type': multipartType };
const whole = (chance: Chance): Buffer => bodyOf(Array.from({ length: 1 + chance.below(3) }, goodObject));
const anyAnswer = [200, 202, 400, 409, 413, 415];

/** The limits of the receiver that these are sent to. */
export const fuzzLimits = {
  partsMax: 20,
  partBytesMax: 200_000,
  bodyBytesMax: 2_000_000,
  partHeaderBytesMax: 2_000,
};

const makers: readonly ((chance: Chance) => WrongBody)[] = [
  (chance) => {
    const body = whole(chance);
    return {
      kind: 'never closed',
      body: body.subarray(0, chance.below(body.length)),
      headers: asMultipart,
      statuses: [400],
    };
  },
  (chance) => ({
    kind: 'no multipart at all',
    body: chance.bytes(chance.below(3000)),
    headers: asMultipart,
    statuses: [400],
  }),
  (chance) => ({
    kind: 'another boundary',
    body: whole(chance),
    headers: {
      'content-type': `multipart/related; type="application/dicom"; boundary=other${chance.below(1e6)}`,
    },
    statuses: [400],
  }),
  (chance) => ({
    kind: 'a boundary parameter that is wrong',
    body: whole(chance),
    headers: {
      'content-type': `multipart/related; type="application/dicom"${chance.pick(['', '; boundary=', '; boundary=""', `; boundary=${'x'.repeat(300)}`, '; boundary="a{b}"'])}`,
    },
    statuses: [400],
  }),
  (chance) => ({
    kind: 'a content type that is wrong',
    body: whole(chance),
    headers: {
      'content-type': chance.pick([
        'text/plain',
        'application/json',
        'multipart/form-data; boundary=x',
        'multipart/related; type="application/dicom+xml"; boundary=x',
        'x',
        '/',
        ';',
        'a/b; c="',
        'multipart/related; type="application/dicom',
      ]),
    },
    statuses: [415],
  }),
  (chance) => ({
    kind: 'an answer that is not given',
    body: whole(chance),
    headers: {
      ...asMultipart,
      accept: chance.pick(['text/html', 'image/*', 'application/dicom', '*/*;q=0', ';', ',,']),
    },
    statuses: [406],
  }),
  (chance) => ({
    kind: 'LF alone',
    body: Buffer.from(whole(chance).toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
    headers: asMultipart,
    statuses: [400],
  }),
  (chance) => {
    const line = chance.pick(['nonsense', ': nameless', 'spa ce: x', '\0: x', 'tab\t: x y', '--']);
    const body = Buffer.from(`--${boundary}\r\n${line}\r\n\r\nx\r\n--${boundary}--`, 'latin1');
    return { kind: 'a header line that is wrong', body, headers: asMultipart, statuses: [400, 409] };
  },
  (chance) => ({
    kind: 'headers too long',
    body: Buffer.from(
      `--${boundary}\r\n${'A: b\r\n'.repeat(400 + chance.below(4000))}\r\nx\r\n--${boundary}--`,
    ),
    headers: asMultipart,
    statuses: [413],
  }),
  () => ({
    kind: 'too many parts',
    body: bodyOf(Array.from({ length: 21 }, () => Buffer.from('x'))),
    headers: asMultipart,
    statuses: [413],
  }),
  (chance) => ({
    kind: 'a part too large',
    body: bodyOf([Buffer.alloc(200_001 + chance.below(100_000))]),
    headers: asMultipart,
    statuses: [413],
  }),
  () => ({
    kind: 'a body too large',
    body: Buffer.concat([bodyOf([goodObject()]), Buffer.alloc(2_000_000)]),
    headers: asMultipart,
    statuses: [413],
  }),
  (chance) => ({
    kind: 'compressed',
    body: whole(chance),
    headers: { ...asMultipart, 'content-encoding': chance.pick(['gzip', 'br', 'x']) },
    statuses: [415],
  }),
  (chance) => ({
    kind: 'parts of another type',
    body: bodyOf([goodObject()], chance.pick(['text/plain', 'x', 'application/dicom+json'])),
    headers: asMultipart,
    statuses: [415],
  }),
  (chance) => {
    const body = whole(chance);
    const at = chance.below(body.length);
    const token = chance.pick([
      '\r\n',
      '--',
      `\r\n--${boundary}`,
      `\r\n--${boundary}\r\n`,
      `\r\n--${boundary}--`,
      '\r\n\r\n',
      '\0',
    ]);
    return {
      kind: 'delimiters put in anywhere',
      body: Buffer.concat([body.subarray(0, at), Buffer.from(token), body.subarray(at)]),
      headers: asMultipart,
      statuses: anyAnswer,
    };
  },
  (chance) => {
    const body = whole(chance);
    for (let flips = 1 + chance.below(10); flips > 0; flips -= 1)
      body[chance.below(body.length)] = chance.below(256);
    return { kind: 'bytes changed', body, headers: asMultipart, statuses: anyAnswer };
  },
];

export const wrongBody = (chance: Chance): WrongBody => chance.pick(makers)(chance);
