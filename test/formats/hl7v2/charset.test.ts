import { describe, expect, test } from '@jest/globals';
import { encodeText, parseMessage } from '../../../formats/hl7v2/index.ts';

const head = (charset: string): string =>
  `MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5.1||||||${charset}\rPID|1||5||`;
const message = (charset: string, name: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(head(charset)), name, Buffer.from('\r')]);

describe('character sets of MSH-18', () => {
  test.each([
    ['8859/1', [0x4d, 0xfc], 'Mü'],
    ['8859/1', [0x80, 0x92], '€’'],
    ['8859/2', [0xb1, 0xe6], 'ąć'],
    ['8859/5', [0xb8, 0xd2], 'Ив'],
    ['8859/6', [0xc7], 'ا'],
    ['8859/7', [0xe1], 'α'],
    ['8859/8', [0xe0], 'א'],
    ['8859/9', [0xfe], 'ş'],
    ['8859/15', [0xa4], '€'],
    ['UNICODE UTF-8', [0xc5, 0xbb], 'Ż'],
    ['UNICODE', [0xc5, 0xbb], 'Ż'],
    ['GB 18030-2000', [0xcd, 0xf5], '王'],
    ['BIG-5', [0xa4, 0xfd], '王'],
    ['KS X 1001', [0xb1, 0xe8], '김'],
    ['ISO IR14', [0xd4, 0xcf, 0xc0, 0xde], 'ﾔﾏﾀﾞ'],
    ['~ISO IR87', [0x1b, 0x24, 0x42, 0x3b, 0x33, 0x45, 0x44, 0x1b, 0x28, 0x42], '山田'],
    ['~ISO IR87~ISO IR159', [0x1b, 0x24, 0x28, 0x44, 0x30, 0x21, 0x1b, 0x28, 0x42], '丂'],
    ['ISO IR14~ISO IR87', [0xd4, 0x1b, 0x24, 0x42, 0x3b, 0x33, 0x1b, 0x28, 0x42], 'ﾔ山'],
  ])('%s', (charset, bytes, expected) => {
    const parsed = parseMessage(message(charset, Uint8Array.from(bytes)));
    expect(parsed.get('PID-5')).toBe(expected);
    expect(parsed.charset.declared).toBe(charset);
    expect(parsed.warnings).toEqual([]);
  });

  test('a trail byte that looks like a separator does not split', () => {
    const bytes = message('GB 18030-2000', Uint8Array.of(0x81, 0x7c, 0x81, 0x5e));
    const parsed = parseMessage(bytes);
    expect(parsed.first('PID')!.fieldCount).toBe(5);
    expect(parsed.first('PID')!.components(5)).toBe(1);
    const inHeader = Buffer.concat([
      Buffer.from('MSH|^~\\&|'),
      Uint8Array.of(0x81, 0x7c),
      Buffer.from('|B|C|D|1||ADT^A01|1|P|2.5.1||||||GB 18030-2000\r'),
    ]);
    expect(parseMessage(inHeader).get('MSH-4')).toBe('B');
  });

  test('none declared: the site says, else UTF-8', () => {
    const bytes = message('', Uint8Array.of(0xfc));
    expect(parseMessage(bytes, { fallbackCharset: '8859/1' }).get('PID-5')).toBe('ü');
    expect(parseMessage(bytes, { fallbackCharset: '8859/1' }).warnings).toEqual([]);
    const guessed = parseMessage(bytes);
    expect(guessed.get('PID-5')).toBe('\ufffd');
    expect(guessed.warnings.map((warning) => warning.code)).toEqual(['BH_HL7_CHARSET']);
  });

  test.each([
    ['UNICODE UTF-8', [0xfc]],
    ['ASCII', [0xc5, 0xbb]],
    ['CNS 11643-1992', [0xc5, 0xbb]],
    ['NOT A CHARSET', [0xc5, 0xbb]],
    ['GB 18030-2000', [0xff]],
  ])('%s with other bytes: decoded as far as possible, with a warning', (charset, bytes) => {
    const parsed = parseMessage(message(charset, Uint8Array.from(bytes)));
    expect(parsed.warnings.map((warning) => warning.code)).toEqual(['BH_HL7_CHARSET']);
    expect(parsed.get('PID-3')).toBe('5');
  });

  test.each([
    ['windows-1252', 'Müller €'],
    ['iso-8859-2', 'Żółć'],
    ['utf-8', '王 😀'],
    ['gb18030', '王先生'],
    ['big5', '王先生'],
    ['euc-kr', '김'],
    ['shift_jis', 'ﾔﾏ山'],
    ['iso-2022-jp', 'Yamada^山田 丂 ﾔ end'],
  ])('what is encoded in %s is read back', (encoding, text) => {
    const name = {
      'windows-1252': '8859/1',
      'iso-8859-2': '8859/2',
      'utf-8': 'UNICODE UTF-8',
      gb18030: 'GB 18030',
      big5: 'BIG-5',
      'euc-kr': 'KS X 1001',
      shift_jis: 'ISO IR14',
      'iso-2022-jp': '~ISO IR87',
    }[encoding]!;
    expect(parseMessage(message(name, encodeText(text, encoding))).get('PID-5')).toBe(text);
  });

  test('what a set does not have is a question mark', () => {
    expect(Buffer.from(encodeText('a王b', 'iso-8859-2')).toString()).toBe('a?b');
    expect(Buffer.from(encodeText('aüb', 'us-ascii')).toString()).toBe('a?b');
  });
});
