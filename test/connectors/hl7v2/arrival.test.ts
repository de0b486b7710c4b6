import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hl7Arrival } from '../../../connectors/hl7v2/index.ts';

const order = [
  'MSH|^~\\&|HIS^1.2^ISO|H|RIS|H|20261122||ORM^O01^ORM_O01|M1|P|2.5.1',
  'PID|1||77^^^H^MR~88^^^X^PI~77^^^Y^MR||Doe^Jane|||||||||||||ACC9',
  'MRG|66^^^H^MR',
  'PV1|1|O|||||||||||||||||V1^^^H',
  'ORC|NW|P1^HIS|F1^RIS',
  'OBR|1|P1^HIS|F1^RIS|CHEST|||||||||||||||A100',
  'ZDS|1.2.840.1^^Application^DICOM',
  'IPC|A100^RIS|RP1|1.2.840.1',
  '',
].join('\r');

describe('an HL7 arrival', () => {
  const bytes = Buffer.from(order);

  test('has type, sender, dedupe key and every clinical name', () => {
    const arrival = hl7Arrival(bytes);
    expect(arrival).toMatchObject({ kind: 'hl7v2', type: 'ORM^O01', sender: 'HIS^1.2^ISO|H' });
    expect(arrival.refusal).toBeUndefined();
    expect(arrival.dedupe).toEqual({
      key: 'HIS^1.2^ISO|H|M1',
      contentHash: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(arrival.searchKeys).toEqual([
      ['control-id', 'M1'],
      ['mrn', '77'],
      ['mrn', '88'],
      ['visit', 'ACC9'],
      ['mrn', '66'],
      ['visit', 'V1'],
      ['order', 'P1'],
      ['order', 'F1'],
      ['accession', 'A100'],
      ['study-uid', '1.2.840.1'],
    ]);
  });

  test('keeps at most 64 search keys of at most 256 characters', () => {
    const many = Array.from({ length: 500 }, (_, n) => `${n}${'9'.repeat(300)}`).join('~');
    const { searchKeys } = hl7Arrival(Buffer.from(order.replace('77^^^H^MR', many)));
    expect(searchKeys).toHaveLength(64);
    expect(Math.max(...searchKeys.map(([, value]) => value.length))).toBe(256);
  });

  test('a cut frame gives what can be read and never counts as a duplicate', () => {
    const refusal = { code: 'BH_HL7_FRAME_BROKEN', detail: 'cut' };
    const arrival = hl7Arrival(bytes.subarray(0, 150), { refusal });
    expect(arrival).toMatchObject({ type: 'ORM^O01', refusal });
    expect(arrival.dedupe).toBeUndefined();
  });

  test('never throws and always keeps the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (tail, isHl7) => {
        const any = Buffer.concat([Buffer.from(isHl7 ? 'MSH|^~\\&|' : ''), tail]);
        expect(hl7Arrival(any).body).toEqual({ kind: 'inline', bytes: any });
      }),
    );
  });
});
