import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DataSetHash } from '../../../connectors/dicom-objects/data-set-hash.ts';
import { objectBytes } from '../dicomweb/object-bytes.ts';

const object = objectBytes({ pixels: Buffer.alloc(500, 7) });
const dataSetAt = 144 + object.readUInt32LE(140);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function hashOf(bytes: Uint8Array, pieceBytes: number): string {
  const hash = new DataSetHash();
  for (let at = 0; at < bytes.length; at += pieceBytes) hash.update(bytes.subarray(at, at + pieceBytes));
  return hash.digest();
}

test('the data set alone counts, in whatever pieces it comes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: object.length }), (pieceBytes) => {
      expect(hashOf(object, pieceBytes)).toBe(sha256(object.subarray(dataSetAt)));
    }),
  );
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
  expect(hashOf(bytes, 33)).toBe(sha256(bytes));
});

function withLength(bytesCount: number): Buffer {
  const bytes = Buffer.from(object);
  bytes.writeUInt32LE(bytesCount, 140);
  return bytes;
}
