import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compilePath, compilePathAll, parseMessage } from '../../../formats/hl7v2/index.ts';

const header = 'MSH|^~\\&|HIS|H|EHR|H|20261122||ADT^A01^ADT_A01|C1|P|2.5.1';
const parse = (...lines: string[]) => parseMessage(Buffer.from([header, ...lines, ''].join('\r')));

describe('a message', () => {
  test('prints the bytes that came, whatever they are', () => {
    const ends = fc.constantFrom('\r', '\n', '\r\n', '\r\r');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), ends)), (lines) => {
        const bytes = Buffer.concat([
          Buffer.from(`${header}\r`),
          ...lines.flatMap(([line, end]) => [Buffer.from(line), Buffer.from(end)]),
        ]);
        const message = parseMessage(bytes);
        for (const segment of message.segments) segment.get(3, 2, 2, 2);
        expect(Buffer.from(message.print())).toEqual(bytes);
      }),
    );
  });

  test('reads every element by number, and says how many there are', () => {
    const pid = parse('PID|1||7^^^A&B&C^MR~8^^^D||Doe^Jane|').first('PID')!;
    expect(pid.fieldCount).toBe(6);
    expect([pid.repetitions(3), pid.repetitions(4), pid.repetitions(5)]).toEqual([2, 0, 1]);
    expect([pid.components(3, 1), pid.components(3, 2), pid.subcomponents(3, 1, 4)]).toEqual([5, 4, 3]);
    expect([pid.get(3), pid.get(3, 2), pid.get(3, 1, 4, 2), pid.get(3, 3), pid.get(99)]).toEqual([
      '7',
      '8',
      'B',
      '',
      '',
    ]);
    expect([pid.raw(3), pid.raw(3, 2), pid.raw(3, 1, 4)]).toEqual(['7^^^A&B&C^MR~8^^^D', '8^^^D', 'A&B&C']);
    expect(pid.value(3, 1, 4)).toBe('A&B&C');
  });

  test('agrees with a plain split of every level', () => {
    const part = fc.constantFrom('a', 'bc', '', '"');
    const level = (inner: fc.Arbitrary<string>, mark: string, most: number) =>
      fc.array(inner, { minLength: 1, maxLength: most }).map((parts) => parts.join(mark));
    const field = level(level(level(part, '&', 20), '^', 20), '~', 4);
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 5 }), (fields) => {
        const segment = parse(`ZZZ|${fields.join('|')}`).first('ZZZ')!;
        const read = fields.map((text, f) =>
          text
            .split('~')
            .map((rep, r) =>
              rep
                .split('^')
                .map((component, c) =>
                  component
                    .split('&')
                    .map((_, s) => segment.get(f + 1, r + 1, c + 1, s + 1))
                    .join('&'),
                )
                .join('^'),
            )
            .join('~'),
        );
        expect(read).toEqual(fields);
      }),
    );
  });

  test('finds segments by name among few and among many', () => {
    const lines = Array.from({ length: 300 }, (_, n) => `OBX|${n + 1}|NM|X${n}`);
    for (const message of [parse(...lines.slice(0, 10), 'OBXA|1', 'OBX'), parse(...lines, 'ZZZ|1')]) {
      expect(message.get('OBX[10]-3')).toBe('X9');
      expect(message.first('OB')).toBeUndefined();
      expect(message.all('NTE')).toEqual([]);
    }
    expect(parse(...lines.slice(0, 10), 'OBXA|1', 'OBX').all('OBX')).toHaveLength(11);
    expect(
      parse(...lines)
        .all('OBX')
        .map((segment) => segment.index),
    ).toEqual(lines.map((_, n) => n + 1));
  });

  test('a path that stops early reads the whole element', () => {
    const message = parse('PID|1||7^^^A&B^MR~8|');
    expect(message.get('PID-3')).toBe('7^^^A&B^MR');
    expect(message.get('PID-3.4')).toBe('A&B');
    expect(message.get('PID-3.4.1')).toBe('A');
    expect(message.get('MSH-1')).toBe('|');
    expect(message.get('MSH-2')).toBe('^~\\&');
    expect(message.get('MSH-9.2')).toBe('A01');
  });

  test('reads all values of a path', () => {
    const message = parse('OBX|1||A~B^b||1', 'OBX|2||C||2', 'OBX|3||||3');
    expect(compilePathAll('OBX-3.1')(message)).toEqual(['A', 'B', 'C']);
    expect(compilePathAll('OBX[1]-3[2]')(message)).toEqual(['B^b']);
    expect(compilePathAll('NTE-3')(message)).toEqual([]);
  });

  test.each(['', 'PID', 'PID-', 'PID-0', 'PID[0]-3', 'pid-3', 'PID-3[0]', 'PID-3.1.1.1', 'PID-3.', ' PID-3'])(
    '"%s" is no path',
    (text) => {
      expect(() => compilePath(text)).toThrow('BH_HL7_PATH');
    },
  );

  test.each(['', 'PID|1', 'MS', 'MSH', 'MSHa^~\\&|', 'MSH||~\\&|\rX', 'MSH|^~\\&#!|', 'MSH|^a\\&|'])(
    '"%s" is no message',
    (text) => {
      if (text === 'MSH||~\\&|\rX') expect(parseMessage(Buffer.from(text)).delimiters.component).toBe('');
      else expect(() => parseMessage(Buffer.from(text))).toThrow('BH_HL7_NOT_HL7');
    },
  );

  test('a fifth character of MSH-2 is the truncation mark', () => {
    const message = parseMessage(Buffer.from('MSH|^~\\&#|A\rNTE|1||a\\P\\b\r'));
    expect(message.delimiters.truncation).toBe('#');
    expect(message.get('NTE-3')).toBe('a#b');
  });

  test('long elements do not answer for one another', () => {
    const long = (letter: string): string =>
      Array.from({ length: 40 }, (_, n) => `${letter}${n + 1}`).join('^');
    const segment = parse(`ZZZ|${long('a')}~${long('b')}|${long('c')}`).first('ZZZ')!;
    for (const n of [1, 17, 40, 17]) {
      expect([segment.get(1, 1, n), segment.get(1, 2, n), segment.get(2, 1, n)]).toEqual([
        `a${n}`,
        `b${n}`,
        `c${n}`,
      ]);
    }
  });

  test('many repetitions and components are read in linear time', () => {
    const segment = parse(`ZZZ|${'a~'.repeat(200_000)}|${'b^'.repeat(200_000)}`).first('ZZZ')!;
    let read = 0;
    for (let n = 1; n <= 200_000; n++) read += segment.get(1, n).length + segment.get(2, 1, n).length;
    expect(read).toBe(400_000);
  });

  test('more segments than the limit are refused', () => {
    expect(() => parseMessage(Buffer.from(`${header}\r${'A\r'.repeat(200_000)}`))).toThrow(
      'BH_HL7_TOO_LARGE',
    );
  });
});

const samples = join(import.meta.dirname, '../../../../shared/data/hl7v2-samples');
const hasShared = existsSync(samples);
(hasShared ? test : test.skip)('every published sample is read and printed byte for byte', () => {
  for (const name of readdirSync(samples).filter((file) => file.endsWith('.hl7'))) {
    const bytes = readFileSync(join(samples, name));
    const message = parseMessage(bytes);
    expect(message.get('MSH-9.1')).not.toBe('');
    expect(Buffer.from(message.print())).toEqual(bytes.subarray(bytes.indexOf('MSH')));
  }
});
