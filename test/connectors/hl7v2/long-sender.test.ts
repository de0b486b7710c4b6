import { expect, test } from '@jest/globals';
import { hl7Arrival } from '../../../connectors/hl7v2/arrival.ts';

const keyOf = (sender: string): string | undefined =>
  hl7Arrival(Buffer.from(`MSH|^~\\&|${sender}|HOSP|||20260101||ADT^A04|C1|P|2.5.1\r`)).dedupe?.key;

test('a sender of megabytes makes a short key, and two that differ at the end make two', () => {
  const long = 'x'.repeat(1_000_000);
  expect(keyOf(`${long}1`)?.length).toBeLessThan(512);
  expect(keyOf(`${long}1`)).not.toBe(keyOf(`${long}2`));
  expect(keyOf('HIS')).toBe('HIS|HOSP|C1');
});
