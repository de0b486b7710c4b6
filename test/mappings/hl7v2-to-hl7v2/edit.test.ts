import { describe, expect, test } from '@jest/globals';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { compileHl7ToHl7Map } from '../../../mappings/hl7v2-to-hl7v2/load.ts';

const order = [
  'MSH|^~\\&|HIS|HOSP|X|Y|20260301100000||ORM^O01|42|P|2.5.1',
  'PID|1||123^^^HOSP^MR~999-11-2222^^^SSA^SS||Doe^Jo\\T\\hn&van||19700101|M|||',
  'PV1|1|I|W1^2^3',
  'ORC|NW|P1|F1',
  'OBR|1|P1||71020^Chest^C4',
  'ZDS|1.2.3^App^Application^DICOM',
  'ORC|NW|P2|F2',
  'OBR|2|P2||71021^Chest2^C4',
  'ZDS|1.2.4^App^Application^DICOM',
  'OBX|1|NM|2345-7^GLU^LN||5|mg/dL|||||F',
  'OBX|2|NM|718-7^HGB^LN||6|g/dL|||||F',
].join('\r');

const rowsOf = (rows: string, head = ''): string => `map: test\n${head}rows:\n${rows}`;
const edited = (rows: string, message: string | Uint8Array = order, head = ''): string =>
  Buffer.from(
    compileHl7ToHl7Map('ris.yaml', rowsOf(rows, head), () => '').edit(
      parseMessage(typeof message === 'string' ? Buffer.from(message, 'latin1') : message),
    ).bytes,
  ).toString('latin1');
const line = (text: string, name: string, nth = 1): string =>
  text.split('\r').filter((one) => one.startsWith(name))[nth - 1] ?? '';

describe('rows from HL7 v2 to HL7 v2', () => {
  test('set writes a value, escaped, or components', () => {
    const text = edited(
      '- { id: MSH-5, set: "R&D|1" }\n- { id: MSH-6, set: [RAD, ["1", a]] }\n- { id: PID-30, set: N }',
    );
    expect(line(text, 'MSH')).toBe(
      'MSH|^~\\&|HIS|HOSP|R\\T\\D\\F\\1|RAD^1&a|20260301100000||ORM^O01|42|P|2.5.1',
    );
    expect(line(text, 'PID')).toBe(`${line(order, 'PID')}${'|'.repeat(18)}|N`);
  });

  test('a part of a field that repeats is changed in each repetition; one by number only there', () => {
    expect(line(edited('- { id: PID-3.4, set: A }'), 'PID')).toContain('|123^^^A^MR~999-11-2222^^^A^SS|');
    expect(line(edited('- { id: "PID-3[2].4", set: A }'), 'PID')).toContain(
      '|123^^^HOSP^MR~999-11-2222^^^A^SS|',
    );
  });

  test('copy takes the bytes, escapes and all; whole fields with their repetitions', () => {
    expect(line(edited('- { id: PID-9, copy: PID-5 }'), 'PID')).toContain(
      '|Doe^Jo\\T\\hn&van||19700101|M|Doe^Jo\\T\\hn&van|',
    );
    expect(line(edited('- { id: PID-2, copy: PID-3 }'), 'PID')).toContain(
      'PID|1|123^^^HOSP^MR~999-11-2222^^^SSA^SS|123^^^HOSP^MR~',
    );
    expect(line(edited('- { id: PID-2.1, copy: PID-3.1 }'), 'PID')).toContain('PID|1|123|123^^^HOSP');
  });

  test('a segment of another name is the nearest before, or the one that follows where the row says so', () => {
    const before = edited('- { id: OBR-3, copy: ORC-3 }');
    expect([line(before, 'OBR', 1), line(before, 'OBR', 2)]).toEqual([
      'OBR|1|P1|F1|71020^Chest^C4',
      'OBR|2|P2|F2|71021^Chest2^C4',
    ]);
    const after = edited('- { id: OBR-18, move: ZDS-1.1, find: after }');
    expect([line(after, 'OBR', 1), line(after, 'OBR', 2), line(after, 'ZDS', 1)]).toEqual([
      `OBR|1|P1||71020^Chest^C4${'|'.repeat(14)}1.2.3`,
      `OBR|2|P2||71021^Chest2^C4${'|'.repeat(14)}1.2.4`,
      'ZDS|^App^Application^DICOM',
    ]);
    expect(edited('- { id: OBR-18, copy: ZDS-1.1 }').split('\r')[4]).toBe('OBR|1|P1||71020^Chest^C4');
  });

  test('drop empties an element, takes out a repetition by its own condition, or a segment', () => {
    expect(line(edited('- { id: PID-7, drop: true }'), 'PID')).toContain('van|||M|||');
    expect(line(edited(`- { id: "PID-3[*]", drop: true, when: "PID-3.5 = 'SS'" }`), 'PID')).toContain(
      '||123^^^HOSP^MR||',
    );
    expect(edited('- { id: ZDS, drop: true }')).not.toContain('ZDS');
    expect(edited('- { id: "ZDS[2]", drop: true }').match(/ZDS/g)).toHaveLength(1);
  });

  test('conditions see the segment that is changed, and what stands before it', () => {
    const text = edited(
      `- { id: OBX-8, set: H, when: "OBX-3.1 = '718-7'" }\n- { id: OBX-15, set: X, when: "OBR-2 = 'P2'" }`,
    );
    expect([line(text, 'OBX', 1), line(text, 'OBX', 2)]).toEqual([
      'OBX|1|NM|2345-7^GLU^LN||5|mg/dL|||||F||||X',
      'OBX|2|NM|718-7^HGB^LN||6|g/dL||H|||F||||X',
    ]);
  });

  test('a table translates; an unknown code stays or falls back', () => {
    const head = 'tables: { class: { I: IMP }, none: { Q: R } }\n';
    expect(line(edited('- { id: PV1-2, table: class }', order, head), 'PV1')).toBe('PV1|1|IMP|W1^2^3');
    expect(edited('- { id: PV1-2, table: none }', order, head)).toBe(order);
    expect(line(edited('- { id: PV1-2, table: none, fallback: U }', order, head), 'PV1')).toBe(
      'PV1|1|U|W1^2^3',
    );
    expect(line(edited('- { id: PV1-18, copy: PV1-2, table: class }', order, head), 'PV1')).toBe(
      `PV1|1|I|W1^2^3${'|'.repeat(14)}|IMP`,
    );
  });

  test('a segment is added beside each of a name, with the line end of its neighbour', () => {
    const text = edited(
      '- { id: ZBH, add: after OBR, fields: { 1: "1", 2: [A, B], 3: { copy: OBR-2 }, 4: { copy: PID-3.1 }, 5: { copy: PV9-1 } } }',
    );
    expect(text.split('\r').filter((one) => one.startsWith('ZBH'))).toEqual([
      'ZBH|1|A^B|P1|123',
      'ZBH|1|A^B|P2|123',
    ]);
    expect(edited('- { id: NTE, add: after OBX, fields: { 3: x } }', 'MSH|^~\\&|A\r\nOBX|1')).toBe(
      'MSH|^~\\&|A\r\nOBX|1\r\nNTE|||x',
    );
    expect(edited('- { id: EVN, add: before PID }', 'MSH|^~\\&|A\nPID|1\n')).toBe(
      'MSH|^~\\&|A\nEVN\nPID|1\n',
    );
  });

  test('the map holds only where its own condition does', () => {
    expect(edited('- { id: MSH-5, set: R }', order, `when: "MSH-9.1 = 'ADT'"\n`)).toBe(order);
  });

  test('other separators and character sets: values are written in those of the message', () => {
    expect(
      edited(
        '- { id: PID-5, set: [Müller, A] }',
        'MSH!@~\\&!A!!!!!!ADT@A01!1!P!2.5!!!!!!8859/1\rPID!1!!\xe9!!B\xfcrger',
      ),
    ).toContain('\xe9!!M\xfcller@A');
    const japanese = Buffer.from(
      'MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5||||||~ISO IR87\rPID|1||2||\x1b$B;|EO\x1b(B^\x1b$BB@O:\x1b(B|x',
      'latin1',
    );
    const text = edited('- { id: PID-6, copy: PID-5.2 }\n- { id: PID-3, set: 山 }', japanese);
    expect(text).toContain('|\x1b$B;3\x1b(B||\x1b$B;|EO\x1b(B^\x1b$BB@O:\x1b(B|\x1b$BB@O:\x1b(B');
  });

  test('a character whose second byte is a separator is one character', () => {
    const head = 'MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5||||||BIG-5\rPID|1||2||';
    const sent = Buffer.from(`${head}\xa5\x7c^\xa5\x5eY|Z`, 'latin1');
    expect(edited('- { id: PID-5.2, set: 四 }\n- { id: PID-6, copy: PID-5.1 }', sent)).toBe(
      `${head}\xa5\x7c^\xa5\x7c|\xa5\x7c`,
    );
  });

  test('a message that a row cannot reach goes on as it came, invalid bytes too', () => {
    const broken = Buffer.from([...Buffer.from(order), 0x0d, 0x5a, 0x58, 0x58, 0x7c, 0xff, 0xfe, 0x0a, 0x0a]);
    expect(edited('- { id: XYZ-1, set: a }\n- { id: "PID[2]-1", set: b }', broken)).toBe(
      broken.toString('latin1'),
    );
    expect(edited('- { id: MSH-5, set: Z }', broken)).toBe(broken.toString('latin1').replace('|X|', '|Z|'));
  });
});

describe('what is wrong with a file is told with its line', () => {
  test.each([
    ['- { id: PID-0, set: a }', /^ris\.yaml:3: row PID-0: numbers count from 1/],
    ['- { id: PID-3, set: a, drop: true }', /^ris\.yaml:3: .*a row has one of/],
    ['- { id: MSH-2, set: a }', /^ris\.yaml:3: row MSH-2: MSH-1 and MSH-2/],
    ['- { id: PID-2.1, copy: PID-3 }', /^ris\.yaml:3: row PID-2\.1: PID-3 is a whole/],
    ['- { id: PID-2, copy: PID3 }', /^ris\.yaml:3: row PID-2: cannot read "PID3"/],
    ['- { id: PID-2, table: sex }', /^ris\.yaml:3: row PID-2: no table sex; known: none/],
    ['- { id: PID-2, set: a, when: "PID-3" }', /^ris\.yaml:3: row PID-2: column 6/],
    ['- { id: PID-2, set: 007 }', /^ris\.yaml:3: .*put numbers in quotes/],
    ['- { id: PID-2, set: a }\n- { id: PID-2, set: b }', /^ris\.yaml:4: two rows are called PID-2/],
    ['- { id: PID-2, set: a, unless: b }', /^ris\.yaml:3: /],
    ['- { id: "PID-3[2].1.1", set: [a, b] }', /^ris\.yaml:3: .*a list of components/],
    ['- { id: MSH, add: after PID }', /^ris\.yaml:3: .*name of a segment/],
  ])('%s', (rows, expected) => {
    let told = '';
    try {
      compileHl7ToHl7Map('ris.yaml', rowsOf(rows), () => '');
    } catch (error) {
      told = (error as { detail?: string }).detail ?? String(error);
    }
    expect(told).toMatch(expected);
  });
});
