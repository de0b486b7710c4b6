import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { proposeObjects, requestAssociation, store } from '../../connectors/dimse/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { objectBytes, pixelHeader } from '../../test/connectors/dicomweb/object-bytes.ts';
import { dcmtkEnvironment } from './storescp.ts';

/**
 * Instances a second that dcmtk's sender has stored, each association a process with its share of the files. The sender is the same for
 * all receivers, so that their difference is theirs. A status other than success ends the measurement: nothing that failed is counted.
 */
export async function instancesPerSecond(
  storescu: string,
  port: number,
  shares: readonly (readonly string[])[],
): Promise<number> {
  const startMs = performance.now();
  await Promise.all(
    shares.map(async (files) => {
      const child = spawn(storescu, ['-aec', 'BENCH', '127.0.0.1', String(port), ...files], {
        env: dcmtkEnvironment,
        stdio: 'ignore',
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new TypeError(`storescu ended with ${code}`);
    }),
  );
  const count = shares.reduce((sum, files) => sum + files.length, 0);
  return (count * 1000) / (performance.now() - startMs);
}

const kind = { sopClassUid: '1.2.840.10008.5.1.4.1.1.2', transferSyntaxUid: '1.2.840.10008.1.2.1' };

/** Sends so many objects of so many bytes over one association of ours. */
export async function sendObjects(port: number, count: number, pixelBytes: number): Promise<void> {
  const node = { host: '127.0.0.1', port, calledAe: 'BENCH', callingAe: 'LOAD' };
  const association = await requestAssociation(node, {
    clock: systemClock,
    contexts: proposeObjects([kind]),
  });
  const piece = Buffer.alloc(Math.min(pixelBytes, 1024 * 1024), 0x5a);
  for (let number = 0; number < count; number += 1) {
    const sopInstanceUid = `1.2.826.1.${pixelBytes}.${number}`;
    const file = objectBytes({ sopInstanceUid });
    async function* dataSet(): AsyncGenerator<Uint8Array> {
      yield file.subarray(144 + file.readUInt32LE(140));
      yield pixelHeader(pixelBytes);
      for (let sent = 0; sent < pixelBytes; sent += piece.length) yield piece.subarray(0, pixelBytes - sent);
    }
    const { status } = await store(association, { ...kind, sopInstanceUid, dataSet: dataSet() }, 120_000);
    if (status !== 0) throw new TypeError(`answered with ${status}`);
  }
  await association.release(10_000);
}
