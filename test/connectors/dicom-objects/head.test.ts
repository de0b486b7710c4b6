import { expect, test } from '@jest/globals';
import { Head, headBytesMax } from '../../../connectors/dicom-objects/blob-source.ts';

test('the first bytes of a stream, asked for after each piece of one byte, are not copied each time', () => {
  const head = new Head();
  const memories = new Set<ArrayBufferLike>();
  for (let at = 0; at < headBytesMax + 100; at += 1) {
    head.take(Uint8Array.of(at % 251));
    memories.add(head.bytes().buffer);
  }
  expect(memories.size).toBeLessThan(30);
  expect(head.bytes()).toHaveLength(headBytesMax);
  expect(head.bytes().every((byte, at) => byte === at % 251)).toBe(true);
});

test('a first piece is not written to', () => {
  const piece = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const head = new Head();
  head.take(piece.subarray(0, 3));
  head.take(Uint8Array.of(9));
  expect([...head.bytes()]).toEqual([1, 2, 3, 9]);
  expect([...piece]).toEqual([1, 2, 3, 4, 5, 6]);
});
