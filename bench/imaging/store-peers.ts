import { medianRates, withContenders } from '../rounds.ts';
import type { BenchRow } from '../row.ts';
import { engine, orthanc, storescp } from './contenders.ts';

const rounds = { runs: 5, durationMs: 3_000 };

/** C-STORE: the whole engine, Orthanc and dcmtk's storescp in turns, CT slices of 512 KB. No end waits for Nagle's algorithm. */
export async function storeRows(): Promise<readonly BenchRow[]> {
  const contenders = {
    orthanc: await orthanc('store'),
    ours: await engine('store'),
    storescp: await storescp(),
  };
  return withContenders(contenders, async () => {
    const rows: BenchRow[] = [];
    for (const associations of [1, 4]) {
      const rates = await medianRates(contenders, associations, rounds);
      const row = (peer: string, peerValue: number, target: string): BenchRow => ({
        name: `C-STORE, whole engine, ${associations} association${associations === 1 ? '' : 's'}`,
        value: rates.ours,
        unit: 'instances/s',
        peer,
        peerValue,
        ratio: rates.ours / peerValue,
        target,
      });
      rows.push(row('Orthanc 1.10.1, TCP_NODELAY', rates.orthanc, '>= 1.00'));
      rows.push(row('storescp 3.6.7, TCP_NODELAY', rates.storescp, '>= 0.50'));
    }
    return rows;
  });
}
