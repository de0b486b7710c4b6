import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { retrieve, storeInstances } from '../../../../connectors/dicomweb/client/index.ts';
import { systemRandom } from '../../../../platform/random.ts';
import { clientOf } from '../send-study.ts';

const totalBytes = 1024 * 1024 * 1024;
const piece = Buffer.alloc(256 * 1024, 0x5a);
/** Far less than the object, far more than the buffers of a socket. */
const grownBytesMax = 150 * 1024 * 1024;
const never = new AbortController().signal;

async function* object(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < totalBytes; sent += piece.length) yield piece;
}

/** The most that the process grew while `run` went on. */
async function growth(run: (sample: () => void) => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = 0;
  await run(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  });
  return most;
}

test('1 GiB leaves by STOW-RS and comes by WADO-RS in the memory of a few pieces', async () => {
  let received = 0;
  let note = (): void => {};
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      for await (const chunk of request) {
        received += (chunk as Buffer).length;
        note();
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
  const out = await growth(async (sample) => {
    note = sample;
    const instance = { bytesCount: totalBytes, body: object };
    await storeInstances(client, [instance], { random: systemRandom, signal: never });
  });
  expect(received).toBeGreaterThan(totalBytes);
  expect(out).toBeLessThan(grownBytesMax);
  let taken = 0;
  const back = await growth(async (sample) => {
    for await (const body of retrieve(client, '/studies/1', never)) {
      for await (const chunk of body) {
        taken += chunk.length;
        sample();
      }
    }
  });
  expect(taken).toBe(totalBytes);
  expect(back).toBeLessThan(grownBytesMax);
  await client.close();
  server.close();
});
