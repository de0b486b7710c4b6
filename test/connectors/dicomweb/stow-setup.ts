import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { createStowSource, type StowOptions } from '../../../connectors/dicomweb/index.ts';
import { messageId } from '../../../core/ids.ts';
import type { Arrival } from '../../../core/message.ts';
import type { Accept, Blobs } from '../../../core/ports/index.ts';
import { silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { systemClock } from '../../../platform/clock.ts';

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly arrivals: Arrival[];
  readonly blobs: Blobs;
  readonly source: ReturnType<typeof createStowSource>;
  /** Names of files in the blob folder that are no blobs: what a broken body left behind. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

/** What the engine does with arrivals, in memory: quarantine, duplicates, conflicts. */
export function memoryAccept(arrivals: Arrival[]): Accept {
  const seen = new Map<string, string>();
  return async (arrival) => {
    const id = messageId(arrivals.length + 1);
    const { key = String(id), contentHash = '' } = arrival.dedupe ?? {};
    const known = seen.get(key);
    const duplicate = known === contentHash;
    if (!duplicate) arrivals.push(arrival);
    seen.set(key, contentHash);
    if (arrival.refusal !== undefined) return { kind: 'refused', id, duplicate, error: arrival.refusal };
    const isConflict = known !== undefined && !duplicate;
    return isConflict
      ? {
          kind: 'accepted',
          id,
          duplicate,
          warning: { code: 'BH_CONFLICT', detail: 'same UID, other content' },
        }
      : { kind: 'accepted', id, duplicate };
  };
}

/** A receiver behind a real listener, with blobs in a folder of its own. */
export async function startReceiver(
  options: Partial<StowOptions> = {},
  accept?: Accept,
  blobsOf: (blobs: Blobs) => Blobs = (blobs) => blobs,
): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-stow-'));
  const folderBlobs = await openFolderBlobs({ folder });
  const blobs = blobsOf(folderBlobs);
  const arrivals: Arrival[] = [];
  const source = createStowSource({
    blobs,
    clock: systemClock,
    logger: silentLogger,
    metrics: silentMetrics,
    ...options,
  });
  const app = fastify();
  source.register(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const listening = await source.start(accept ?? memoryAccept(arrivals));
  return {
    url: `http://127.0.0.1:${listening.port}/dicomweb`,
    port: listening.port,
    arrivals,
    blobs,
    source,
    async leftovers() {
      const names = await readdir(folder, { recursive: true, withFileTypes: true });
      return names
        .filter((entry) => entry.isFile() && !/^[0-9a-f]{64}$/.test(entry.name))
        .map((entry) => entry.name);
    },
    async close() {
      await source.stop(1_000);
      app.server.closeAllConnections();
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
