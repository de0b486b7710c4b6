import { medianRates, warm } from '../rounds.ts';
import type { BenchRow } from '../row.ts';
import type { Receivers } from './receivers.ts';

const rounds = { runs: 5, durationMs: 3_000 };

/** STOW-RS: the whole engine and Orthanc in turns, CT slices of 512 KB, one per request and ten, of which Orthanc makes a request when it sends. */
export async function stowRows({ ours, orthanc }: Receivers): Promise<readonly BenchRow[]> {
  const senders = { ours: ours.doors.stow, orthanc: orthanc.doors.stow };
  await warm(senders);
  const rows: BenchRow[] = [];
  for (const instancesPerRequest of [1, 10]) {
    for (const connections of [1, 4]) {
      const rates = await medianRates(senders, { connections, instancesPerRequest }, rounds);
      const over = `${connections} connection${connections === 1 ? '' : 's'}`;
      rows.push({
        name: `STOW-RS, whole engine, ${over}, ${instancesPerRequest} per request`,
        value: rates.ours,
        unit: 'instances/s',
        peer: 'Orthanc 1.10.1',
        peerValue: rates.orthanc,
        ratio: rates.ours / rates.orthanc,
        target: '>= 2.00',
      });
    }
  }
  return rows;
}
