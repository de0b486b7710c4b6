import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BitHiveError } from '../../../core/errors.ts';
import {
  boundaryOf,
  multipartBytesCount,
  multipartRelated,
  type OutgoingPart,
  parseMediaType,
  readMultipart,
  writeMultipart,
} from '../../../formats/multipart/index.ts';

const boundary = 'aB3';
const limits = { partsMax: 50, partBytesMax: 100_000, partHeaderBytesMax: 200 };

interface Read {
  readonly parts: { headers: Record<string, string>; body: string }[];
  readonly code?: string;
}

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let position = 0;
  for (let i = 0; position < bytes.length; i += 1) {
    const size = sizes[i % sizes.length]!;
    // A copy that is wiped after use: a reader that keeps a view of an old piece is found out.
    const piece = Buffer.from(bytes.subarray(position, position + size));
    yield piece;
    piece.fill(0x2a);
    position += size;
  }
}

async function readAll(text: string, sizes: readonly number[] = [1 << 20], given = limits): Promise<Read> {
  const parts: Read['parts'] = [];
  try {
    const source = pieces(Buffer.from(text, 'latin1'), sizes);
    for await (const part of readMultipart(source, boundary, given)) {
      const body: Buffer[] = [];
      const entry = { headers: Object.fromEntries(part.headers), body: '' };
      parts.push(entry);
      for await (const piece of part.body) body.push(Buffer.from(piece));
      entry.body = Buffer.concat(body).toString('latin1');
    }
    return { parts };
  } catch (error) {
    return { parts, code: (error as BitHiveError).code };
  }
}

const chunkings = [[1], [2], [3], [7, 1], [1 << 20]];

test.each([
  ['one part', '--aB3\r\nA: b\r\n\r\nbody\r\n--aB3--', ['body']],
  [
    'preamble, epilogue and padding',
    'pre\r\n--aB3 \t\r\n\r\nx\r\n--aB3  \r\n\r\ny\r\n--aB3--\r\nepilogue',
    ['x', 'y'],
  ],
  ['an empty body', '--aB3\r\nA: b\r\n\r\n\r\n--aB3--', ['']],
  ['headers and no body at all', '--aB3\r\nA: b\r\n\r\n--aB3\r\n\r\nz\r\n--aB3--', ['', 'z']],
  [
    'a boundary with other bytes behind it is data',
    '--aB3\r\n\r\n1\r\n--aB3x\r\n2\r\n--aB3\n\r\n--aB3-\r\n--aB3--',
    ['1\r\n--aB3x\r\n2\r\n--aB3\n\r\n--aB3-'],
  ],
  [
    'a boundary without CRLF before it is data',
    '--aB3\r\n\r\n1\n--aB3\r\n\r--aB3--\r\n--aB3--',
    ['1\n--aB3\r\n\r--aB3--'],
  ],
  [
    'padding that is too long is data',
    `--aB3\r\n\r\n1\r\n--aB3${' '.repeat(300)}\r\n\r\n--aB3--`,
    [`1\r\n--aB3${' '.repeat(300)}\r\n`],
  ],
  ['CR upon CR', '--aB3\r\n\r\n\r\r\r\n\r\n--aB\r\r\n--aB3--', ['\r\r\r\n\r\n--aB\r']],
])('%s', async (_name, text, bodies) => {
  for (const sizes of chunkings) {
    const read = await readAll(text, sizes);
    expect(read.code).toBeUndefined();
    expect(read.parts.map((part) => part.body)).toEqual(bodies);
  }
});

test('header lines are unfolded, their names lower case, the first of equal names stands', async () => {
  const read = await readAll(
    '--aB3\r\nContent-TYPE: application/dicom;\r\n\ttype=x\r\nx:1\r\nX: 2\r\n\r\n\r\n--aB3--',
    [1],
  );
  expect(read.parts[0]!.headers).toEqual({ 'content-type': 'application/dicom; type=x', x: '1' });
});

test.each([
  ['nothing', ''],
  ['no boundary', 'no boundary here'],
  ['LF alone ends the lines', '--aB3\nA: b\n\nbody\n--aB3--\n'],
  ['another boundary', '--other\r\n\r\nbody\r\n--other--'],
  ['never closed', '--aB3\r\n\r\nbody\r\n--aB3'],
  ['closed with one hyphen', '--aB3\r\n\r\nbody\r\n--aB3-'],
  ['ends in the headers', '--aB3\r\nA: b\r\n'],
  ['a header line without a colon', '--aB3\r\nnonsense\r\n\r\nbody\r\n--aB3--'],
  ['a header without a name', '--aB3\r\n: b\r\n\r\nbody\r\n--aB3--'],
  ['a preamble without end', 'x'.repeat(70_000)],
])('%s is BH_MULTIPART_SYNTAX, in any chunking', async (_name, text) => {
  for (const sizes of [[1], [5], [1 << 20]])
    expect((await readAll(text, sizes)).code).toBe('BH_MULTIPART_SYNTAX');
});

test.each([
  ['parts', '--aB3\r\n\r\n1\r\n--aB3\r\n\r\n2\r\n--aB3--', { ...limits, partsMax: 1 }],
  ['bytes of a part', '--aB3\r\n\r\n123\r\n--aB3--', { ...limits, partBytesMax: 2 }],
  ['bytes of headers', `--aB3\r\nA: ${'b'.repeat(300)}\r\n\r\n1\r\n--aB3--`, limits],
  ['bytes of headers that never end', `--aB3\r\nA: ${'b'.repeat(300)}`, limits],
])('too many %s is BH_MULTIPART_LIMIT', async (_name, text, given) => {
  for (const sizes of [[1], [1 << 20]])
    expect((await readAll(text, sizes, given)).code).toBe('BH_MULTIPART_LIMIT');
});

test('what came before a break is read first, whatever the chunking', async () => {
  for (const sizes of chunkings) {
    const read = await readAll('--aB3\r\n\r\none\r\n--aB3\r\nnonsense\r\n\r\ntwo', sizes);
    expect(read).toEqual({ parts: [{ headers: {}, body: 'one' }], code: 'BH_MULTIPART_SYNTAX' });
  }
});

test('a body that is not read is skipped', async () => {
  const names: (string | undefined)[] = [];
  const bytes = Buffer.from('--aB3\r\nn: 1\r\n\r\nabc\r\n--aB3\r\nn: 2\r\n\r\ndef\r\n--aB3--');
  for await (const part of readMultipart(pieces(bytes, [2]), boundary, limits)) {
    names.push(part.headers.get('n'));
    for await (const _ of part.body) break;
  }
  expect(names).toEqual(['1', '2']);
});

test.each(['', 'a\r\nb', 'x'.repeat(201), 'ends with space '])('%j is no boundary', async (text) => {
  const parts = readMultipart(pieces(Buffer.from('x'), [1]), text, limits);
  await expect(parts.next()).rejects.toMatchObject({ code: 'BH_MULTIPART_SYNTAX' });
});

/** Bytes that love to look like delimiters. */
const hostileBytes = fc
  .array(
    fc.constantFrom(
      '\r',
      '\n',
      '-',
      '--',
      '\r\n--aB3',
      '\r\n--aB',
      'aB3',
      ' ',
      'x',
      '\0',
      '\xff',
      '\r\n\r\n',
    ),
    {
      maxLength: 40,
    },
  )
  .map((list) => list.join(''))
  .filter(
    (text) =>
      !/\r\n--aB3([ \t]*\r\n|--)/.test(`\r\n${text}\r\n--aB3--`.slice(0, -9)) &&
      !/\r\n--aB3[ \t]*$/.test(`\r\n${text}`),
  );

test('property: what is written is read back, whatever the content and the chunking', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ value: fc.stringMatching(/^[!-~]{0,20}$/), body: hostileBytes }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
      async (given, sizes) => {
        const outgoing: OutgoingPart[] = given.map(({ value, body }) => ({
          headers: { 'X-Value': value },
          body: [Buffer.from(body, 'latin1')],
        }));
        const written: Uint8Array[] = [];
        for await (const piece of writeMultipart(outgoing, boundary)) written.push(piece);
        const read = await readAll(Buffer.concat(written).toString('latin1'), sizes);
        expect(read.code).toBeUndefined();
        expect(read.parts).toEqual(given.map(({ value, body }) => ({ headers: { 'x-value': value }, body })));
      },
    ),
    { numRuns: 500 },
  );
});

test('property: any bytes end with parts or with a multipart code, the same in every chunking', async () => {
  const anything = fc
    .array(
      fc.constantFrom(
        '\r\n',
        '--',
        'aB3',
        '--aB3',
        '\r\n--aB3',
        '\r\n--aB3--',
        'A: b',
        ':',
        ' ',
        'x',
        '\n',
        '\r',
      ),
      { maxLength: 30 },
    )
    .map((list) => list.join(''));
  await fc.assert(
    fc.asyncProperty(
      anything,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (text, sizes) => {
        const whole = await readAll(text);
        expect([undefined, 'BH_MULTIPART_SYNTAX', 'BH_MULTIPART_LIMIT']).toContain(whole.code);
        expect(await readAll(text, sizes)).toEqual(whole);
      },
    ),
    { numRuns: 1000 },
  );
});

test('media types', () => {
  const parsed = parseMediaType(
    'Multipart/Related; TYPE="application/dicom"; boundary=x-1; start="a\\"b;c";',
  );
  expect(parsed?.type).toBe('multipart/related');
  expect(Object.fromEntries(parsed!.parameters)).toEqual({
    type: 'application/dicom',
    boundary: 'x-1',
    start: 'a"b;c',
  });
  expect(parseMediaType('multipart/related;type=application/dicom;boundary=b')?.parameters.get('type')).toBe(
    'application/dicom',
  );
  expect(parseMediaType('application/dicom')?.parameters.size).toBe(0);
  for (const wrong of ['', 'nonsense', 'a/b; x="open', 'a/b; "q"', 'a b/c', '/b'])
    expect(parseMediaType(wrong)).toBeNull();
  const made = parseMediaType(multipartRelated('application/dicom', boundaryOf(new Uint8Array(16))));
  expect(made?.parameters.get('boundary')).toBe(`bithive-${'00'.repeat(16)}`);
});

test('the length that is told before is the length of the body', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 20 }),
      async (bodies, boundary) => {
        const headers = { 'Content-Type': 'application/dicom' };
        const parts = bodies.map((body) => ({ headers, bytesCount: body.length }));
        let bytesCount = 0;
        const written = writeMultipart(
          bodies.map((body) => ({ headers, body: [body] })),
          boundary,
        );
        for await (const piece of written) bytesCount += piece.length;
        expect(multipartBytesCount(parts, boundary)).toBe(bytesCount);
      },
    ),
  );
});
