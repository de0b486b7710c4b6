import { Orthanc } from '../../test/imaging/orthanc.ts';
import { type BenchRow, median } from '../row.ts';
import { instancesMade, instancesPerSecond, type Load } from '../stow/load.ts';
import { startMeasured, storedCount } from './engine.ts';

const runs = 5;

/** STOW-RS: the whole engine and Orthanc, interleaved in one run, CT slices of 512 KB, one per request. */
export async function stowRows(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const connections of [1, 4]) rows.push(await rate(connections));
  return rows;
}

async function rate(connections: number): Promise<BenchRow> {
  const load = { connections, instancesPerRequest: 1, warmUpMs: 1_000, durationMs: 3_000 };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < runs; round += 1) {
    theirs.push(await orthancRate(load));
    ours.push(await engineRate(load));
  }
  const value = median(ours);
  const peerValue = median(theirs);
  return {
    name: `STOW-RS, whole engine, ${connections} connection${connections === 1 ? '' : 's'}`,
    value,
    unit: 'instances/s',
    peer: 'Orthanc 1.10.1',
    peerValue,
    ratio: value / peerValue,
    target: '>= 2.00',
  };
}

async function orthancRate(load: Load): Promise<number> {
  const orthanc = await Orthanc.start();
  try {
    const target = { path: '/dicom-web/studies', authorization: orthanc.authorization };
    const before = instancesMade();
    const rate = await instancesPerSecond(Number(new URL(orthanc.url).port), { ...load, target });
    mustHave('Orthanc', await orthanc.instanceCount(), instancesMade() - before);
    return rate;
  } finally {
    await orthanc.stop();
  }
}

async function engineRate(load: Load): Promise<number> {
  const engine = await startMeasured();
  try {
    const target = { authorization: `Bearer ${engine.token}` };
    const before = instancesMade();
    const rate = await instancesPerSecond(engine.port('http'), { ...load, target });
    mustHave('the engine', await storedCount(engine), instancesMade() - before);
    return rate;
  } finally {
    await engine.close();
  }
}

/** A receiver that was down, or that drops, would have the best rate of all. */
export function mustHave(who: string, has: number, sent: number): void {
  if (has !== sent) throw new TypeError(`${who} has ${has} of ${sent} instances: its rate says nothing`);
}
