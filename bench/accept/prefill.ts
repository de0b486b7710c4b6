import { hl7Arrival } from '../../connectors/hl7v2/index.ts';
import { silentLogger } from '../../core/ports/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { openSqliteStore } from '../../platform/store/index.ts';
import { adtMessage } from './adt.ts';

/** `node prefill.js FOLDER COUNT`: stores that many 1 KB messages through the store itself, as their doors would. */
const folder = process.argv[2] as string;
const count = Number(process.argv[3]);
const concurrent = 1_000;
const store = await openSqliteStore({ folder, writer: 'inline', clock: systemClock, logger: silentLogger });
let next = 0;

async function lane(): Promise<void> {
  while (next < count) {
    next += 1;
    const arrival = hl7Arrival(adtMessage(`stored-${next}`, next % 200_000));
    await store.accept({
      ...arrival,
      channel: 'bench',
      channelVersion: 1,
      receivedAtMs: Date.now(),
      keys: [],
    });
  }
}

await Promise.all(Array.from({ length: concurrent }, lane));
await store.close();
process.exit(0);
