import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePersonName, readDataset } from '../../../formats/dicom/index.ts';
import { dicomFile, el } from './object-builder.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

function read(charset: string, value: Uint8Array, vr = 'PN', tag = 0x00100010): readonly string[] {
  const elements = charset === '' ? [] : [el(0x00080005, 'CS', charset)];
  return readDataset(dicomFile([el(0x00080001, 'UL', [0]), ...elements, el(tag, vr, value)])).texts(tag);
}

describe('text', () => {
  // The names of PS3.5 annexes H, I, J and K, byte for byte.
  test.each([
    [
      'H.3.1 Japanese, romaji and kanji',
      '\\ISO 2022 IR 87',
      latin('Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B'),
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    [
      'H.3.2 Japanese, katakana',
      'ISO 2022 IR 13\\ISO 2022 IR 87',
      latin(
        '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J',
      ),
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    ],
    [
      'I.2 Korean',
      '\\ISO 2022 IR 149',
      latin('Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf'),
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    [
      'J.1 Chinese in UTF-8',
      'ISO_IR 192',
      bytes('57616e675e5869616f446f6e673d e78e8b 5e e5b08f e69db1 3d'),
      'Wang^XiaoDong=王^小東=',
    ],
    [
      'J.3 Chinese in GB18030',
      'GB18030',
      bytes('57616e675e5869616f446f6e673d cdf5 5e d0a1 b6ab 3d'),
      'Wang^XiaoDong=王^小东=',
    ],
    [
      'K.2 Chinese with GB 2312',
      '\\ISO 2022 IR 58',
      latin('Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab='),
      'Zhang^XiaoDong=张^小东=',
    ],
  ])('%s', (_, charset, value, expected) => {
    expect(read(charset, value)).toEqual([expected]);
  });

  // The long texts of the same annexes: each line designates its set again, for a line break takes it away.
  test.each([
    [
      'I.3 Korean',
      '\\ISO 2022 IR 149',
      latin(
        '\x1b$)CThe 1st line includes \xb1\xe6\xb5\xbf.\r\n\x1b$)CThe 2nd line includes \xb1\xe6\xb5\xbf, too.\r\nThe 3rd line.',
      ),
      'The 1st line includes 길동.\r\nThe 2nd line includes 길동, too.\r\nThe 3rd line.',
    ],
    [
      'J.2 Chinese in UTF-8',
      'ISO_IR 192',
      Buffer.from(
        'The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n',
      ),
      'The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n',
    ],
    [
      'J.4 Chinese in GB18030',
      'GB18030',
      latin('The first line includes\xd6\xd0\xce\xc4.\r\nThe second line includes\xd6\xd0\xce\xc4, too.'),
      'The first line includes中文.\r\nThe second line includes中文, too.',
    ],
    ['GBK', 'GBK', latin('\xd6\xd0\x81\x40'), '中丂'],
    [
      'K.3 Chinese with GB 2312',
      '\\ISO 2022 IR 58',
      latin(
        '1. \x1b$)A\xb5\xda\xd2\xbb\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n2. \x1b$)A\xb5\xda\xb6\xfe\xd0\xd0\r\n',
      ),
      '1. 第一行文字。\r\n2. 第二行\r\n',
    ],
    ['JIS X 0212', '\\ISO 2022 IR 87\\ISO 2022 IR 159', latin('\x1b$B;3\x1b$(D\x30\x21\x1b(B!'), '山丂!'],
  ])('%s, a long text', (_, charset, value, expected) => {
    expect(read(charset, value, 'LT', 0x00104000)).toEqual([expected]);
  });

  test('of a set that the writer did not designate, or named without code extensions', () => {
    expect(read('\\ISO 2022 IR 149', latin('\xb1\xe6\xb5\xbf^A'))).toEqual(['길동^A']);
    expect(read('ISO 2022 IR 6\\ISO 2022 IR 58', latin('\xd6\xd0=\xce\xc4'))).toEqual(['中=文']);
    expect(read('ISO_IR 149', latin('\xb1\xe6'))).toEqual(['길']);
    expect(read('ISO_IR 87', latin('\x1b$B;3\x1b(B'))).toEqual(['山']);
    // Two candidates: neither is guessed.
    expect(read('\\ISO 2022 IR 58\\ISO 2022 IR 149', latin('\xc4'))).toEqual(['Ä']);
  });

  test.each([
    ['ISO_IR 100', 'c4 6e 65 61 73', 'Äneas'],
    ['ISO_IR 101', 'cc', 'Ě'],
    ['ISO_IR 144', 'bb ee 63 65 dc d1 e3 e0 d3', 'Люceмбург'],
    ['ISO_IR 126', 'c4 e9 ef', 'Διο'],
    ['ISO_IR 127', 'e2 c8 c7', 'قبا'],
    ['ISO_IR 138', 'f9 f8 e5', 'שרו'],
    ['ISO_IR 148', 'c7 61 de', 'ÇaŞ'],
    ['ISO_IR 166', 'b9 d2 c2', 'นาย'],
    ['ISO_IR 13', 'd4 cf c0', 'ﾔﾏﾀ'],
    ['iso-ir 100', 'c4', 'Ä'],
    ['ISO_IR 999', 'c4', 'Ä'],
    ['', 'c4', 'Ä'],
    ['ISO 2022 IR 6\\ISO 2022 IR 144', '41 1b 2d 4c bb', 'AЛ'],
    ['ISO_IR 192', 'ff 41', '\ufffdA'],
  ])('%s', (charset, hex, expected) => {
    expect(read(charset, bytes(hex), 'LO', 0x00081030)).toEqual([expected]);
  });

  test('parts values at a backslash and not at the second byte of a character', () => {
    const gbWith5c = new TextDecoder('gb18030').decode(bytes('815c'));
    const jisWith5c = new TextDecoder('euc-jp').decode(bytes('a1dc'));
    // 0x5C is the second byte of a GB18030 character and of a JIS X 0208 character.
    expect(read('GB18030', bytes('81 5c 5c 41'), 'LO', 0x00081030)).toEqual([gbWith5c, 'A']);
    expect(read('\\ISO 2022 IR 87', latin('\x1b$B!\\\x1b(B\\A'), 'LO', 0x00081030)).toEqual([jisWith5c, 'A']);
  });

  test('falls back to the initial set at each delimiter', () => {
    expect(read('ISO 2022 IR 100\\ISO 2022 IR 144', latin('\x1b-L\xbb\\\xc4'), 'LO', 0x00081030)).toEqual([
      'Л',
      'Ä',
    ]);
    expect(read('ISO 2022 IR 100\\ISO 2022 IR 144', latin('\x1b-L\xbb^\xc4'))).toEqual(['Л^Ä']);
  });

  test('of an item is in the set of what holds it, unless it has its own', () => {
    const name = el(0x00100010, 'PN', bytes('c3 84'));
    const items = [[name], [el(0x00080005, 'CS', 'ISO_IR 100'), name]];
    const dataset = readDataset(
      dicomFile([el(0x00080005, 'CS', 'ISO_IR 192'), { tag: 0x00081115, vr: 'SQ', value: items }]),
    );
    expect(dataset.sequence(0x00081115).map((item) => item.text(0x00100010))).toEqual(['Ä', 'Ã\x84']);
  });

  test('of any bytes and any set is read without failing', () => {
    const sets = [
      '',
      'ISO_IR 192',
      'GB18030',
      '\\ISO 2022 IR 87\\ISO 2022 IR 159',
      'ISO 2022 IR 13',
      '\\ISO 2022 IR 149',
      'x',
    ];
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom(...sets),
        fc.constantFrom('PN', 'LT', 'UC'),
        (value, set, vr) => {
          for (const text of read(set, value, vr, 0x00104000)) expect(typeof text).toBe('string');
        },
      ),
    );
  });
});

test('a person name has groups and components', () => {
  expect(parsePersonName('Adams^John Robert Quincy^^Rev.^B.A. M.Div.=山^太')).toEqual({
    alphabetic: {
      family: 'Adams',
      given: 'John Robert Quincy',
      middle: '',
      prefix: 'Rev.',
      suffix: 'B.A. M.Div.',
    },
    ideographic: { family: '山', given: '太', middle: '', prefix: '', suffix: '' },
  });
  expect(parsePersonName('==')).toEqual({});
  expect(parsePersonName('=山')).toEqual({
    ideographic: { family: '山', given: '', middle: '', prefix: '', suffix: '' },
  });
});
