import { join } from 'node:path';
import { AwaitedCommitments, createDimseSource } from '../../connectors/dimse/index.ts';
import { silentLogger, silentMetrics } from '../../core/ports/index.ts';
import { openFolderBlobs } from '../../platform/blobs/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { openSqliteStore } from '../../platform/store/index.ts';
import { heldRecords } from '../../server/compose/held-records.ts';
import { serveParent } from '../stow/child.ts';

/** Our node, our blobs, our store: header read, bytes and folder synced, duplicate-checked row with search keys synced, answered. */
const folder = process.argv[2] as string;
const store = await openSqliteStore({ folder, clock: systemClock, logger: silentLogger });
const blobs = await openFolderBlobs({ folder: join(folder, 'blobs') });
const source = createDimseSource({
  name: 'bench',
  host: '127.0.0.1',
  port: 0,
  aeTitle: 'BENCH',
  callingAes: [],
  takesUnknown: false,
  associationsMax: 64,
  records: heldRecords({ store, blobs }),
  commitments: new AwaitedCommitments(),
  nodeOf: () => null,
  blobs,
  clock: systemClock,
  logger: silentLogger,
  metrics: silentMetrics,
});
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
