import { medianRates, warm } from '../rounds.ts';
import type { BenchRow } from '../row.ts';
import type { Receivers } from './receivers.ts';

const rounds = { runs: 5, durationMs: 3_000 };

/** C-STORE: the whole engine, Orthanc and dcmtk's storescp in turns, CT slices of 512 KB. No end waits for Nagle's algorithm. */
export async function storeRows(receivers: Receivers): Promise<readonly BenchRow[]> {
  const senders = {
    orthanc: receivers.orthanc.doors.store,
    ours: receivers.ours.doors.store,
    storescp: receivers.storescp.doors.store,
  };
  await warm(senders);
  const rows: BenchRow[] = [];
  for (const associations of [1, 4]) {
    const load = { connections: associations, instancesPerRequest: 1 };
    const rates = await medianRates(senders, load, rounds);
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
}
