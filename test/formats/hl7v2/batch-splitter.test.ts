import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BatchEvent, BatchSplitter, isBatch, splitBatch } from '../../../formats/hl7v2/index.ts';

const options = { messageBytesMax: 10_000 };
const a = 'MSH|^~\\&|A|F|B|G|20260101||ADT^A04|1|P|2.5\rPID|1||77\r';
const b = 'MSH|^~\\&|A|F|B|G|20260101||ADT^A08|2|P|2.5\rPID|1||78\rOBX|1|ST|x||BHS is no header here\r';
const head = 'FHS|^~\\&|A|F|B|G|20260101||||F1\rBHS|^~\\&|A|F|B|G|20260101||||B1\r';

const split = (text: string) => splitBatch(Buffer.from(text), options);
const messages = (events: readonly BatchEvent[]) =>
  events.flatMap((event) => (event.kind === 'message' ? [Buffer.from(event.bytes).toString()] : []));
const issues = (events: readonly BatchEvent[]) =>
  events.flatMap((event) => (event.kind === 'issue' ? [`${event.issue.code} ${event.issue.detail}`] : []));

test('a whole file gives its headers and its messages as they came, and nothing to say', () => {
  const events = split(`${head}${a}${b}BTS|2\rFTS|1\r`);
  expect(messages(events)).toEqual([a, b]);
  expect(events.filter(({ kind }) => kind === 'header')).toHaveLength(2);
  expect(issues(events)).toEqual([]);
});

test('counts that are not what came are told, and every message is given', () => {
  const events = split(`${head}${a}${b}BTS|3\rFTS|2\r`);
  expect(messages(events)).toEqual([a, b]);
  expect(issues(events)).toEqual([
    'BH_HL7_BATCH_COUNT BTS-1 does not say the 2 messages that came',
    'BH_HL7_BATCH_COUNT FTS-1 does not say the 1 batches that came',
  ]);
});

test('several batches of one file are counted each for itself', () => {
  const second = 'BHS|^~\\&|A|F\r';
  expect(issues(split(`${head}${a}BTS|1\r${second}${b}BTS|1\rFTS|2\r`))).toEqual([]);
});

test('missing trailers are told and cost no message', () => {
  const events = split(`${head}${a}${b}`);
  expect(messages(events)).toEqual([a, b]);
  expect(issues(events)).toEqual([
    'BH_HL7_BATCH_SYNTAX BTS is missing',
    'BH_HL7_BATCH_SYNTAX FTS is missing',
  ]);
  expect(issues(split(`${head}${a}FTS|1\r`))).toEqual(['BH_HL7_BATCH_SYNTAX BTS is missing']);
});

test('trailers without headers, and lines that belong to no message, are told', () => {
  expect(issues(split(`${a}BTS|1\r`))).toEqual(['BH_HL7_BATCH_SYNTAX BTS without its header']);
  expect(issues(split(`PID|1\r${a}`))).toEqual([
    'BH_HL7_BATCH_SYNTAX 1 lines outside of a message, the first: PID',
  ]);
});

test('messages without any header, with CR LF and blank lines between, or each in an MLLP block', () => {
  const feeds = (text: string) => text.replaceAll('\r', '\r\n');
  expect(messages(split(`${feeds(a)}\r\n${feeds(b)}`))).toEqual([`${feeds(a)}\r\n`, feeds(b)]);
  expect(messages(split(`\x0b${a}\x1c\r\x0b${b}\x1c\r`))).toEqual([a, b]);
  expect(messages(split(`\ufeff${a}`))).toEqual([a]);
  expect(messages(split(a.replaceAll('\r', '\n')))).toEqual([a.replaceAll('\r', '\n')]);
});

test('a message over the limit is passed over with its head, and the next is given', () => {
  const large = `${a}OBX|1|TX|x||${'y'.repeat(20_000)}\r`;
  const events = split(`${large}${b}`);
  expect(messages(events)).toEqual([b]);
  const over = events.find((event) => event.kind === 'too-large');
  expect(over).toMatchObject({ bytesCount: large.length });
  expect(over?.kind === 'too-large' && Buffer.from(over.head).toString()).toContain('ADT^A04');
});

test('other separators are read, an empty batch is one', () => {
  const other = a.replaceAll('|', '#');
  expect(messages(split(`BHS#^~\\&\r${other}BTS#1\r`))).toEqual([other]);
  expect(issues(split('BHS|^~\\&\rBTS|0\r'))).toEqual([]);
  expect(isBatch(Buffer.from('BHS|^~\\&\rBTS|0\r'))).toBe(true);
  expect(isBatch(Buffer.from(a))).toBe(false);
  expect(isBatch(Buffer.from('BHSX'))).toBe(false);
});

test('it does not matter how the bytes are cut into chunks', () => {
  const file = Buffer.from(
    `\ufeff${head}${a}${b.replaceAll('\r', '\r\n')}BTS|2\r\x0b${a}\x1c\rZZZ|1\rFTS|1`,
    'utf8',
  );
  const whole = splitBatch(file, options).map(plain);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const splitter = new BatchSplitter(options);
      const events: BatchEvent[] = [];
      for (let at = 0, n = 0; at < file.length; n++) {
        const size = sizes[n % sizes.length]!;
        events.push(...splitter.push(file.subarray(at, at + size)));
        at += size;
      }
      events.push(...splitter.end());
      expect(events.map(plain)).toEqual(whole);
    }),
    { numRuns: 200 },
  );
});

const plain = (event: BatchEvent): string =>
  JSON.stringify(event, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );
