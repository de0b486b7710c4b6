import { join } from 'node:path';
import fastify from 'fastify';
import { createStowSource } from '../../connectors/dicomweb/index.ts';
import { silentLogger, silentMetrics } from '../../core/ports/index.ts';
import { openFolderBlobs } from '../../platform/blobs/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { openSqliteStore } from '../../platform/store/index.ts';
import { serveParent } from './child.ts';

/** Our door, our blobs, our store: header read, bytes and folder synced, duplicate-checked row with search keys synced, answered by instance. */
const folder = process.argv[2] as string;
const store = await openSqliteStore({ folder, clock: systemClock, logger: silentLogger });
const blobs = await openFolderBlobs({ folder: join(folder, 'blobs'), hasThreads: true });
const source = createStowSource({ blobs, clock: systemClock, logger: silentLogger, metrics: silentMetrics });
const app = fastify();
source.register(app);
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = await source.start(async (arrival) => {
  const { id, outcome } = await store.accept({
    ...arrival,
    channel: 'bench',
    channelVersion: 1,
    receivedAtMs: Date.now(),
    keys: [],
  });
  return { kind: 'accepted', id, duplicate: outcome === 'duplicate' };
});
serveParent(port);
