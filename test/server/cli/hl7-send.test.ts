import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMllpSource } from '../../../connectors/hl7v2/index.ts';
import { messageId } from '../../../core/ids.ts';
import type { Arrival } from '../../../core/message.ts';
import { type Listening, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { systemRandom } from '../../../platform/random.ts';
import { messagesOfFile } from '../../../server/cli/hl7-file.ts';
import { bithive, temporaryFolder } from './harness.ts';

const folder = temporaryFolder();
const arrivals: Arrival[] = [];
let listening: Listening;
let stop: () => Promise<void>;

const message = (controlId: string, lineEnd: string) =>
  [`MSH|^~\\&|HIS|N|BH|B|20260101||ADT^A04|${controlId}|P|2.5.1`, 'PID|1||P-1'].join(lineEnd) + lineEnd;

beforeAll(async () => {
  const source = createMllpSource({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: silentMetrics,
  } as Parameters<typeof createMllpSource>[0]);
  listening = await source.start(async (arrival) => {
    arrivals.push(arrival);
    const id = messageId(arrivals.length);
    const { refusal } = arrival;
    if (!refusal) return { kind: 'accepted', id, duplicate: false };
    return { kind: 'refused', id, duplicate: false, error: refusal };
  });
  stop = () => source.stop(1000);
});
afterAll(async () => {
  await stop();
  folder.remove();
});

function file(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

test('each message of a file is sent and its answer printed', async () => {
  const path = file('two.hl7', message('C1', '\n') + message('C2', '\r\n'));
  const { code, out, err } = await bithive(['hl7', 'send', path, '--port', String(listening.port)]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^C1: AA\n {2}MSH.*\n {2}MSA\|AA\|C1.*\nC2: AA/s);
  expect(arrivals.map(({ type }) => type)).toEqual(['ADT^A04', 'ADT^A04']);
  const json = await bithive(['hl7', 'send', path, '--port', String(listening.port), '--json']);
  expect(JSON.parse(json.out.split('\n')[0]!)).toMatchObject({ controlId: 'C1', result: 'AA' });
});

test('a message that is refused ends 1', async () => {
  const { code, out } = await bithive([
    'hl7',
    'send',
    file('bad.hl7', message('', '\r')),
    '--port',
    String(listening.port),
  ]);
  expect(code).toBe(1);
  expect(out).toContain('(no MSH-10): AE');
});

test('a receiver that is not there, a file that is none', async () => {
  const path = file('one.hl7', message('C1', '\r'));
  expect(await bithive(['hl7', 'send', path, '--port', '1'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('BH_DELIVERY_UNREACHABLE'),
  });
  expect(await bithive(['hl7', 'send', join(folder.path, 'absent'), '--port', '1'])).toMatchObject({
    code: 2,
  });
  expect(await bithive(['hl7', 'send', file('not.hl7', 'hello'), '--port', '1'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('BH_HL7_NOT_HL7'),
  });
  expect(await bithive(['hl7', 'send', path, '--port', 'x'])).toMatchObject({ code: 2 });
});

test.each([
  ['CR', 'MSH|a\rPID|b\r'],
  ['LF', 'MSH|a\nPID|b\n'],
  ['CRLF', 'MSH|a\r\nPID|b'],
  ['MLLP frames', '\x0bMSH|a\rPID|b\r\x1c\r'],
  ['empty lines around', '\n\nMSH|a\nPID|b\n\n'],
])('a file with %s holds the same message', (_kind, text) => {
  expect(messagesOfFile(Buffer.from(text, 'latin1')).map((bytes) => Buffer.from(bytes).toString())).toEqual([
    'MSH|a\rPID|b\r',
  ]);
});

test('bytes of other character sets survive', () => {
  const bytes = Buffer.concat([Buffer.from('MSH|'), Buffer.from([0xe9, 0xff, 0x80]), Buffer.from('\r')]);
  expect(Buffer.from(messagesOfFile(bytes)[0]!)).toEqual(bytes);
  const marked = Buffer.concat([Buffer.from('\uFEFF'), bytes]);
  expect(Buffer.from(messagesOfFile(marked)[0]!)).toEqual(bytes);
});
