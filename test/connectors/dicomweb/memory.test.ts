import { expect, test } from '@jest/globals';
import { objectBytes, pixelHeader } from './object-bytes.ts';
import { boundary, multipartType, post } from './raw-client.ts';
import { startReceiver } from './stow-setup.ts';

const pixelBytes = 64 * 1024 * 1024;
const piece = Buffer.alloc(256 * 1024, 0x5a);

async function* largeBody(): AsyncGenerator<Uint8Array> {
  yield Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    objectBytes(),
    pixelHeader(pixelBytes),
  ]);
  for (let sent = 0; sent < pixelBytes; sent += piece.length) yield piece;
  yield Buffer.from(`\r\n--${boundary}--`);
}

test('a large object streams: no write holds more than a few pieces, and none is joined to a whole', async () => {
  let largest = 0;
  let total = 0;
  let inFlight = 0;
  const receiver = await startReceiver({}, undefined, (blobs) => ({
    put: (source, bytesMax) => blobs.put(source, bytesMax),
    read: (hash) => blobs.read(hash),
    stream: (hash) => blobs.stream(hash),
    pathOf: (hash) => blobs.pathOf(hash),
    has: (hash) => blobs.has(hash),
    remove: (hash) => blobs.remove(hash),
    list: () => blobs.list(),
    removeUnlessStoredSince: (hash, sinceMs) => blobs.removeUnlessStoredSince(hash, sinceMs),
    freeBytes: () => blobs.freeBytes(),
    async begin(bytesMax) {
      const writer = await blobs.begin(bytesMax);
      return {
        async write(bytes) {
          inFlight += 1;
          // Back-pressure: the next piece is read when this one is written.
          expect(inFlight).toBe(1);
          largest = Math.max(largest, bytes.length);
          total += bytes.length;
          await writer.write(bytes);
          inFlight -= 1;
        },
        hashTail: (offset) => writer.hashTail(offset),
        commit: () => writer.commit(),
        abort: () => writer.abort(),
      };
    },
  }));
  const answer = await post(`${receiver.url}/studies`, largeBody(), { 'content-type': multipartType });
  expect(answer.status).toBe(200);
  expect(total).toBeGreaterThan(pixelBytes);
  expect(largest).toBeLessThanOrEqual(1024 * 1024);
  await receiver.close();
});
