import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Orthanc } from '../../test/imaging/orthanc.ts';
import { Storescp } from '../../test/imaging/storescp.ts';
import type { Contender, RoundLoad } from '../rounds.ts';
import { instancesMade, instancesPerSecond } from '../stow/load.ts';
import { nodeOf, startMeasured, storedCount } from './engine.ts';
import { storedPerSecond } from './store-load.ts';

/** A receiver that was down, or that drops, would have the best rate of all. */
function counted(
  who: string,
  send: (load: RoundLoad) => Promise<number>,
  count: () => Promise<number>,
  close: () => Promise<void>,
): Contender {
  let sent = 0;
  return {
    async send(load) {
      const before = instancesMade();
      const rate = await send(load);
      sent += instancesMade() - before;
      return rate;
    },
    async end() {
      const has = await count();
      if (has !== sent) throw new TypeError(`${who} has ${has} of ${sent} instances: its rate says nothing`);
      await close();
    },
  };
}

export type Door = 'stow' | 'store';

export async function engine(door: Door): Promise<Contender> {
  const running = await startMeasured();
  const target = { authorization: `Bearer ${running.token}` };
  const send = (load: RoundLoad): Promise<number> =>
    door === 'stow'
      ? instancesPerSecond(running.port('http'), { ...load, instancesPerRequest: 1, target })
      : storedPerSecond(nodeOf(running), load);
  return counted(
    'the engine',
    send,
    () => storedCount(running),
    () => running.close(),
  );
}

export async function orthanc(door: Door): Promise<Contender> {
  const running = await Orthanc.start();
  const target = { path: '/dicom-web/studies', authorization: running.authorization };
  const port = Number(new URL(running.url).port);
  const send = (load: RoundLoad): Promise<number> =>
    door === 'stow'
      ? instancesPerSecond(port, { ...load, instancesPerRequest: 1, target })
      : storedPerSecond(running, load);
  return counted(
    'Orthanc',
    send,
    () => running.instanceCount(),
    () => running.stop(),
  );
}

/** Keeps no index and syncs nothing. */
export async function storescp(): Promise<Contender> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-storescp-'));
  const running = await Storescp.start(folder, { bitPreserving: false });
  return counted(
    'storescp',
    (load) => storedPerSecond(running, load),
    async () => readdirSync(folder).length,
    async () => {
      await running.stop();
      rmSync(folder, { recursive: true });
    },
  );
}
