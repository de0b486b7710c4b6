import { createMllpSource } from '../../connectors/hl7v2/index.ts';
import type { Acceptance } from '../../core/ports/index.ts';
import { silentLogger, silentMetrics } from '../../core/ports/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import { openSqliteStore } from '../../platform/store/index.ts';
import { serveParent } from './child.ts';

/** The verb *accept* alone: our MLLP door and our store; parsed, duplicate-checked, stored, search keys indexed, synced, acknowledged. */
const folder = process.argv[2] as string;
const writer = process.argv[3] as 'thread' | 'inline';
const store = await openSqliteStore({ folder, writer, clock: systemClock, logger: silentLogger });
let count = 0;

const source = createMllpSource({
  name: 'bench',
  host: '127.0.0.1',
  port: 0,
  ack: 'stored',
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  metrics: silentMetrics,
});

const { port } = await source.start(async (arrival): Promise<Acceptance> => {
  const { id, outcome } = await store.accept({
    ...arrival,
    channel: 'bench',
    channelVersion: 1,
    receivedAtMs: Date.now(),
    keys: [],
  });
  count += 1;
  return { kind: 'accepted', id, duplicate: outcome === 'duplicate' };
});

serveParent(
  port,
  () => count,
  async () => {
    await source.stop(1_000);
    await store.close();
  },
);
