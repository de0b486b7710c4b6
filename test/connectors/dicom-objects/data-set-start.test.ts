import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { headBytesMax } from '../../../connectors/dicom-objects/blob-source.ts';
import { dataSetStart, dataSetStartBytesMax } from '../../../connectors/dicom-objects/data-set-start.ts';
import { objectBytes } from '../dicomweb/object-bytes.ts';

const object = objectBytes({ pixels: Buffer.alloc(500, 7) });
const dataSetAt = 144 + object.readUInt32LE(140);

/** As a stream tells it: null at its end means that every byte counts. */
function startOf(bytes: Buffer, pieceBytes: number): number {
  for (let end = 0; end < bytes.length; end += pieceBytes) {
    const start = dataSetStart(bytes.subarray(0, end));
    if (start !== null) return start;
  }
  return dataSetStart(bytes) ?? 0;
}

test('the data set alone counts, in whatever pieces it comes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: object.length }), (pieceBytes) => {
      expect(startOf(object, pieceBytes)).toBe(dataSetAt);
    }),
  );
});

test('it is told by what is kept of a head, before the first bytes are written', () => {
  expect(dataSetStartBytesMax).toBeLessThanOrEqual(headBytesMax);
  expect(headBytesMax).toBeLessThanOrEqual(128 * 1024);
});

test.each([
  ['no file head', object.subarray(dataSetAt)],
  ['shorter than a file head', object.subarray(0, 100)],
  ['nothing', Buffer.alloc(0)],
  ['a group 0002 without its length', Buffer.concat([object.subarray(0, 132), object.subarray(144)])],
  ['a length that is no length', withLength(0xffff_ffff)],
  ['a length over the end', withLength(60_000)],
  ['a length that ends within the data set', withLength(dataSetAt - 144 + 20)],
  ['a length that ends within group 0002', withLength(30)],
])('%s: every byte counts', (_, bytes) => {
  expect(startOf(bytes, 33)).toBe(0);
});

function withLength(bytesCount: number): Buffer {
  const bytes = Buffer.from(object);
  bytes.writeUInt32LE(bytesCount, 140);
  return bytes;
}
