import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AckCode, buildAck, parseAck, parseMessage } from '../../../formats/hl7v2/index.ts';

const atMs = Date.UTC(2026, 10, 22, 7, 0, 1);
const error = { code: 'BH_HL7_CONTROL_ID_MISSING', detail: 'a|b^c' };

function ackText(header: string, code: AckCode = 'AA', withError = false): string {
  const message = parseMessage(Buffer.from(`${header}\r`));
  const ack = buildAck({ message, code, controlId: 'K1', atMs, ...(withError ? { error } : {}) });
  return Buffer.from(ack).toString('latin1');
}

describe('an acknowledgement', () => {
  test('of v2.5.1', () => {
    expect(ackText('MSH|^~\\&|HIS|H^1.2^ISO|EHR|F|20261122||ADT^A04^ADT_A01|C1|P|2.5.1', 'AE', true)).toBe(
      'MSH|^~\\&|EHR|F|HIS|H^1.2^ISO|20261122070001+0000||ACK^A04^ACK|K1|P|2.5.1\r' +
        'MSA|AE|C1\r' +
        'ERR||MSH^1^10|101^Required field missing^HL70357|E|BH_HL7_CONTROL_ID_MISSING^MSH-10 is empty^L||' +
        'a\\F\\b\\S\\c|Give each message a control id.\r',
    );
  });

  test('before v2.5 has the old ERR and MSA-3', () => {
    expect(ackText('MSH|^~\\&|HIS||EHR||1||ADT^A04|C1|T|2.3.1', 'AE', true)).toBe(
      'MSH|^~\\&|EHR||HIS||20261122070001+0000||ACK^A04|K1|T|2.3.1\r' +
        'MSA|AE|C1|BH_HL7_CONTROL_ID_MISSING: a\\F\\b\\S\\c\r' +
        'ERR|MSH^1^10^101&Required field missing&HL70357\r',
    );
    expect(ackText('MSH|^~\\&|HIS||EHR||1||ADT^A04|C1|T|2.2')).toContain('||ACK|K1|T|2.2\r');
  });

  test('keeps separators, character set and enhanced mode of the message', () => {
    expect(ackText('MSH#*!?%#HIS#H#EHR#F#1##ADT*A04#C?S?1#P#2.6###AL#AL##8859/1', 'CA')).toBe(
      'MSH#*!?%#EHR#F#HIS#H#20261122070001+0000##ACK*A04*ACK#K1#P#2.6###NE#NE##8859/1\rMSA#CA#C?S?1\r',
    );
    const latin = parseMessage(Buffer.from('MSH|^~\\&|H\xe4|||||||C|P|2.5||||||8859/1\r', 'latin1'));
    expect(Buffer.from(buildAck({ message: latin, code: 'AA', controlId: 'K', atMs })).includes(0xe4)).toBe(
      true,
    );
  });

  test('of something that cannot be read has an MSH of our own', () => {
    const ack = parseMessage(buildAck({ message: null, code: 'AR', controlId: 'K', atMs, error }));
    expect([ack.get('MSH-3'), ack.get('MSA-1'), ack.get('MSA-2')]).toEqual(['BITHIVE', 'AR', '']);
  });

  test('is always one that a strict reader takes, whatever the message holds', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '|', '^', '~', '&', '\\', '\n', '\x0b', '\x1c', 'ü', '#', '2', '.'),
    });
    fc.assert(
      fc.property(text, text, (inHeader, detail) => {
        const message = parseMessage(Buffer.from(`MSH|^~\\&|${inHeader}|x\rPID|1\r`));
        const bytes = buildAck({ message, code: 'AE', controlId: 'K', atMs, error: { ...error, detail } });
        const ack = parseMessage(bytes);
        expect(ack.segments.map((segment) => segment.name)).toEqual(['MSH', 'MSA', 'ERR']);
        expect(parseAck(ack)).toMatchObject({ code: 'AE', conditions: ['101'] });
        expect([bytes.includes(0x0b), bytes.includes(0x1c)]).toEqual([false, false]);
      }),
    );
  });

  test.each([
    'MSA|AA|C1',
    'MSH|^~\\&|A\rMSA|aa|C1',
    'MSH|^~\\&|A\rMSA||C1',
    'MSH|^~\\&|A\rPID|1',
    'MSH|^~\\&|A\rMSA|AA|1\rMSA|AA|2',
  ])('%j is none', (text) => {
    const read = (): unknown => parseAck(parseMessage(Buffer.from(text)));
    if (text.startsWith('MSH')) expect(read()).toBeNull();
    else expect(read).toThrow('BH_HL7_NOT_HL7');
  });
});
