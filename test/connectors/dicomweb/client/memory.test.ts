import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { retrieve, storeInstances } from '../../../../connectors/dicomweb/client/index.ts';
import { systemRandom } from '../../../../platform/random.ts';
import { clientOf } from '../send-study.ts';

const totalBytes = 1024 * 1024 * 1024;
const piece = Buffer.alloc(256 * 1024, 0x5a);
/** More than the buffers of two sockets; measured: under 0.5 MB. */
const heldBytesMax = 8 * 1024 * 1024;
const sampleEveryBytes = 32 * 1024 * 1024;
const never = new AbortController().signal;

async function* object(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < totalBytes; sent += piece.length) yield piece;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Buffers that somebody still holds. What the process takes from the system says when the collector last ran, too. */
function heldBytes(): number {
  // The second waits until what the first has found is given back.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** The most that was held beyond what was held before, while `run` told how many bytes had passed. */
async function mostHeld(run: (passed: (bytes: number) => void) => Promise<void>): Promise<number> {
  const before = heldBytes();
  let most = 0;
  let unseen = 0;
  await run((bytes) => {
    unseen += bytes;
    if (unseen < sampleEveryBytes) return;
    unseen = 0;
    most = Math.max(most, heldBytes() - before);
  });
  return most;
}

test('1 GiB leaves by STOW-RS and comes by WADO-RS in the memory of a few pieces', async () => {
  let received = 0;
  let note = (_bytes: number): void => {};
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      for await (const chunk of request) {
        received += (chunk as Buffer).length;
        note((chunk as Buffer).length);
      }
      response.end('{}');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/dicom' });
    for await (const chunk of object()) {
      if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = await clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const out = await mostHeld(async (passed) => {
    note = passed;
    const instance = { bytesCount: totalBytes, body: object };
    await storeInstances(client, [instance], { random: systemRandom, signal: never });
  });
  expect(received).toBeGreaterThan(totalBytes);
  expect(out).toBeLessThan(heldBytesMax);
  let taken = 0;
  const back = await mostHeld(async (passed) => {
    for await (const body of retrieve(client, '/studies/1', never)) {
      for await (const chunk of body) {
        taken += chunk.length;
        passed(chunk.length);
      }
    }
  });
  expect(taken).toBe(totalBytes);
  expect(back).toBeLessThan(heldBytesMax);
  await client.close();
  server.close();
});
