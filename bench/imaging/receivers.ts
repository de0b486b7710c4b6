import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Orthanc } from '../../test/imaging/orthanc.ts';
import { Storescp } from '../../test/imaging/storescp.ts';
import type { Sender } from '../rounds.ts';
import { slicesMade } from '../stow/ct-slice.ts';
import { instancesPerSecond } from '../stow/load.ts';
import { nodeOf, startMeasured, storedCount } from './engine.ts';
import { storedPerSecond } from './store-load.ts';

interface Receiver<Door extends 'stow' | 'store'> {
  readonly doors: Readonly<Record<Door, Sender>>;
  /** Ends it and removes what it has kept; throws where it has not kept all that it was sent. */
  end(): Promise<void>;
}

/** All that are compared, each up at all its doors until all was measured. */
export interface Receivers {
  readonly ours: Receiver<'stow' | 'store'>;
  readonly orthanc: Receiver<'stow' | 'store'>;
  readonly storescp: Receiver<'store'>;
}

export async function startReceivers(): Promise<Receivers> {
  return { ours: await ours(), orthanc: await orthanc(), storescp: await storescp() };
}

async function ours(): Promise<Receiver<'stow' | 'store'>> {
  const engine = await startMeasured();
  const target = { authorization: `Bearer ${engine.token}` };
  return counted('the engine', {
    doors: {
      stow: (load) => instancesPerSecond(engine.port('http'), { ...load, target }),
      store: (load) => storedPerSecond(nodeOf(engine), load),
    },
    count: () => storedCount(engine),
    close: () => engine.close(),
  });
}

async function orthanc(): Promise<Receiver<'stow' | 'store'>> {
  const running = await Orthanc.start();
  const target = { path: '/dicom-web/studies', authorization: running.authorization };
  const port = Number(new URL(running.url).port);
  return counted('Orthanc', {
    doors: {
      stow: (load) => instancesPerSecond(port, { ...load, target }),
      store: (load) => storedPerSecond(running, load),
    },
    count: () => running.instanceCount(),
    close: () => running.stop(),
  });
}

/** Keeps no index and syncs nothing. */
async function storescp(): Promise<Receiver<'store'>> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-storescp-'));
  const running = await Storescp.start(folder, { bitPreserving: false });
  return counted('storescp', {
    doors: { store: (load) => storedPerSecond(running, load) },
    count: async () => readdirSync(folder).length,
    async close() {
      await running.stop();
      rmSync(folder, { recursive: true });
    },
  });
}

/** A receiver that was down, or that drops, would have the best rate of all. */
function counted<Door extends 'stow' | 'store'>(
  who: string,
  receiver: {
    readonly doors: Readonly<Record<Door, Sender>>;
    count(): Promise<number>;
    close(): Promise<void>;
  },
): Receiver<Door> {
  let sent = 0;
  const countedSender =
    (send: Sender): Sender =>
    async (load) => {
      const before = slicesMade();
      const rate = await send(load);
      sent += slicesMade() - before;
      return rate;
    };
  const doors = Object.entries(receiver.doors) as [Door, Sender][];
  return {
    doors: Object.fromEntries(doors.map(([door, send]) => [door, countedSender(send)])) as Record<
      Door,
      Sender
    >,
    async end() {
      const has = await receiver.count();
      if (has !== sent) throw new TypeError(`${who} has ${has} of ${sent} instances: its rate says nothing`);
      await receiver.close();
    },
  };
}
