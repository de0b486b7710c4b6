import { medianRates, withContenders } from '../rounds.ts';
import type { BenchRow } from '../row.ts';
import { engine, orthanc } from './contenders.ts';

const rounds = { runs: 5, durationMs: 3_000 };

/** STOW-RS: the whole engine and Orthanc in turns, CT slices of 512 KB, one per request. */
export async function stowRows(): Promise<readonly BenchRow[]> {
  const contenders = { orthanc: await orthanc('stow'), ours: await engine('stow') };
  return withContenders(contenders, async () => {
    const rows: BenchRow[] = [];
    for (const connections of [1, 4]) {
      const rates = await medianRates(contenders, connections, rounds);
      rows.push({
        name: `STOW-RS, whole engine, ${connections} connection${connections === 1 ? '' : 's'}`,
        value: rates.ours,
        unit: 'instances/s',
        peer: 'Orthanc 1.10.1',
        peerValue: rates.orthanc,
        ratio: rates.ours / rates.orthanc,
        target: '>= 2.00',
      });
    }
    return rows;
  });
}
