import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Answerer, planOf } from '../../../connectors/hl7v2/answers.ts';
import { frameMessage } from '../../../connectors/hl7v2/index.ts';
import { messageId } from '../../../core/ids.ts';
import { buildAck, parseMessage } from '../../../formats/hl7v2/index.ts';

const acceptance = { kind: 'accepted', id: messageId(1), duplicate: false } as const;
const any = <T>(...values: T[]) => fc.constantFrom(...values);

/** Headers that differ in one thing or another, most of them as one sender writes them. */
const header = fc.record({
  sender: any('HIS|H', 'HIS|H', 'LAB^1.2^ISO|L', 'H\\T\\S|', 'Pr\xe4t|H'),
  time: any('20261122080000', '', '20261123'),
  security: any('', 'S'),
  type: any('ADT^A04^ADT_A01', 'ADT^A08', 'ORU', ''),
  controlId: fc.oneof(
    fc.string({ maxLength: 8, unit: any('a', '1', '\\F\\', '\xe9', '\x01', ' ') }),
    any('C1'),
  ),
  processing: any('P', '', 'T'),
  version: any('2.5.1', '2.3', '2.1', '', '2.4^DEU'),
  rest: any('', '', '|||AL|AL', '||||||UNICODE UTF-8', '||||||8859/1'),
  separators: any('|^~\\&', '|^~\\&', '|^~\\&', '|^~', '#@~\\&'),
});

test('an answer is the same bytes whether or not the one before it was like it', () => {
  fc.assert(
    fc.property(fc.array(header, { maxLength: 30 }), (headers) => {
      let count = 0;
      const answerer = new Answerer({
        clock: { nowMs: () => 1_790_000_000_000 + 700 * count, monotonicMs: () => 0, after: () => () => {} },
        nextControlId: () => `ID${++count}`,
        application: 'BITHIVE',
      });
      for (const { separators, ...one } of headers) {
        const text = `MSH|^~\\&|${one.sender}|EHR|E|${one.time}|${one.security}|${one.type}|${one.controlId}|${one.processing}|${one.version}${one.rest}\rPID|1`;
        const own = text.replaceAll('|', separators.charAt(0)).replace('^~\\&', separators.slice(1));
        const message = parseMessage(Buffer.from(own, 'latin1'));
        const plan = planOf(message);
        const { commit } = answerer.answer(message, plan, acceptance);
        if (commit === undefined || plan.warning !== undefined) continue;
        const expected = buildAck({
          message,
          code: plan.mode === 'original' ? 'AA' : 'CA',
          controlId: `ID${plan.mode === 'original' ? count : count - 1}`,
          atMs: 1_790_000_000_000 + 700 * count,
          application: 'BITHIVE',
        });
        const seconds = /\d{14}\+0000/;
        expect(Buffer.from(commit).toString('latin1').replace(seconds, '')).toBe(
          Buffer.from(frameMessage(expected)).toString('latin1').replace(seconds, ''),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('the time of an answer is that of the answer, not of the one before', () => {
  let nowMs = Date.UTC(2026, 10, 22, 8, 0, 0);
  const answerer = new Answerer({
    clock: { nowMs: () => nowMs, monotonicMs: () => 0, after: () => () => {} },
    nextControlId: () => 'X',
    application: 'BITHIVE',
  });
  const times = ['C1', 'C2', 'C3'].map((controlId) => {
    const message = parseMessage(Buffer.from(`MSH|^~\\&|A|B|C|D|||ADT^A04|${controlId}|P|2.5.1\r`));
    const { commit } = answerer.answer(message, planOf(message), acceptance);
    const ack = parseMessage(commit!);
    nowMs += 1000;
    return [ack.get('MSH-7'), ack.get('MSA-2')];
  });
  expect(times).toEqual([
    ['20261122080000+0000', 'C1'],
    ['20261122080001+0000', 'C2'],
    ['20261122080002+0000', 'C3'],
  ]);
});
