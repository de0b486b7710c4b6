import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CutEvent, ValueCutter, withoutLargeValues } from '../../../formats/hl7v2/index.ts';

const head = 'MSH|^~\\&|LAB|H|EHR|H|20260101||MDM^T02|C1|P|2.5\rPID|1||77\r';
const obx = (value: string, type = 'ED', n = 1): string =>
  `OBX|${n}|${type}|18842-5^Note^LN|1|${value}||||||F\r`;
const ed = (data: string, encoding = 'Base64'): string => `LAB^application^pdf^${encoding}^${data}`;

interface Cut {
  readonly kept: string;
  readonly values: readonly string[];
  readonly isFaulty: boolean;
}

function cut(message: string | Buffer, sizes: readonly number[] = [1e9], valueBytesMin = 32): Cut {
  const cutter = new ValueCutter({ valueBytesMin, decodes: true });
  const bytes = Buffer.from(message as string);
  const events: CutEvent[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length]!;
    events.push(...cutter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  events.push(...cutter.end());
  const values: Buffer[][] = [];
  let kept = '';
  for (const event of events) {
    if (event.kind === 'begin') {
      values.push([]);
      kept += '<cut>';
    } else if (event.kind === 'data') values.at(-1)!.push(Buffer.from(event.bytes));
    else if (event.kind === 'keep') kept += Buffer.from(event.bytes).toString('latin1');
  }
  return {
    kept,
    values: values.map((parts) => Buffer.concat(parts).toString('hex')),
    isFaulty: cutter.isFaulty,
  };
}

const bytes = Buffer.from(Array.from({ length: 100 }, (_, at) => at));
const base64 = bytes.toString('base64');

test('a large document is cut out and decoded; everything else stays as it came', () => {
  const message = head + obx(ed(base64)) + obx('4.2', 'NM', 2) + obx(`${ed(base64)}~${ed('AAAA')}`, 'ED', 3);
  expect(cut(message)).toEqual({
    kept: message.replaceAll(base64, '<cut>'),
    values: [bytes.toString('hex'), bytes.toString('hex')],
    isFaulty: false,
  });
});

test.each([
  ['small', obx(ed('QUJD'))],
  ['text', obx(`^^^A^${base64}`)],
  ['another type', obx(ed(base64), 'ST')],
  ['hexadecimal', obx(ed('41'.repeat(100), 'Hex'))],
  ['another field', `NTE|1||^^^Base64^${base64}\r`],
  ['OBX in a text', `NTE|1|OBX|ED|x|1|${ed(base64)}\r`],
  ['a segment that begins alike', obx(ed(base64)).replace('OBX', 'OBXX')],
  ['another component', obx(`LAB^application^pdf^Base64^^${base64}`)],
])('%s: nothing is cut', (_, line) => {
  expect(cut(head + line)).toEqual({ kept: head + line, values: [], isFaulty: false });
});

test('other separators, line feeds, a byte order mark, no end of the line', () => {
  const other = (head + obx(ed(base64))).replaceAll('|', '#').replaceAll('^', '%').replaceAll('\r', '\n');
  expect(cut(`\ufeff${other.slice(0, -1)}`).values).toEqual([bytes.toString('hex')]);
});

test.each(['no base64 !'.repeat(20), `${base64.slice(0, -1)}*`, `QQ==${base64}`, 'A'.repeat(101)])(
  'what is not base64 is told, so that the message is taken whole',
  (data) => {
    expect(cut(head + obx(ed(data))).isFaulty).toBe(true);
  },
);

test('padding may be missing, blanks may stand in it', () => {
  const spaced = base64.replace(/=+$/, '').replace(/(.{20})/g, '$1 ');
  expect(cut(head + obx(ed(spaced)))).toMatchObject({ values: [bytes.toString('hex')], isFaulty: false });
});

test('it does not matter how the bytes are cut into chunks', () => {
  const message = `${head}${obx(ed(base64))}${obx(`x\r`, 'ST')}\r\n${obx(`${ed(base64)}~${ed(base64)}`)}ZZZ|1`;
  const whole = cut(message);
  expect(whole.values).toHaveLength(3);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      expect(cut(message, sizes)).toEqual(whole);
    }),
  );
});

test('any bytes come out as they went in where nothing is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 30 }), (any, size) => {
      const message = Buffer.concat([Buffer.from(head + obx('').slice(0, -9)), any]);
      const { kept, values } = cut(message, [size], 1e6);
      expect(values).toEqual([]);
      expect(kept).toBe(message.toString('latin1'));
    }),
  );
});

test('for the header and keys the large values are left out; a message without any is the same bytes', () => {
  const message = Buffer.from(head + obx(ed(base64)) + obx('4', 'NM'));
  expect(Buffer.from(withoutLargeValues(message, 32)).toString()).toBe(
    message.toString().replace(base64, ''),
  );
  const plain = Buffer.from(head + obx('4', 'NM'));
  expect(withoutLargeValues(plain, 32)).toBe(plain);
});
