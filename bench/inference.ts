import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LeasedDelivery } from '../core/delivery.ts';
import { type Destination, silentLogger, silentMetrics } from '../core/ports/index.ts';
import { createGrid, loadModels, type ModelRegistry } from '../inference/index.ts';
import { openFolderBlobs } from '../platform/blobs/index.ts';
import { systemClock } from '../platform/clock.ts';
import { bareLoop } from './inference/bare-loop.ts';
import { demoDeliveries } from './inference/demo-deliveries.ts';
import { installBenchModels } from './inference/install-models.ts';
import { type BenchRow, median } from './row.ts';

const threads = 2;
const rounds = 5;
const largeJobs = 24;
const smallJobs = 400;
const never = new AbortController().signal;

/**
 * The grid from `send` on a stored object to the finding (read, hash, decode, preprocess, guard, run, answer), against onnxruntime alone in as many
 * threads with the tensor at hand: what is lost to everything around the model. Rounds of both alternate, so that a noisy machine is noisy
 * for both.
 */
export async function run(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-bench-'));
  try {
    const models = await loadModels([await installBenchModels(join(folder, 'models'))]);
    const blobs = await openFolderBlobs({ folder: join(folder, 'blobs') });
    const grid = createGrid({
      models,
      blobs,
      clock: systemClock,
      logger: silentLogger,
      metrics: silentMetrics,
      workers: threads,
    });
    const large = await compare(
      grid,
      models,
      'bench-large',
      await demoDeliveries(blobs, 'bench-large'),
      largeJobs,
    );
    const small = await compare(
      grid,
      models,
      'cxr-pneumonia-28',
      await demoDeliveries(blobs, 'cxr-pneumonia-28'),
      smallJobs,
    );
    await grid.close();
    return [
      {
        name: `grid, model of ${large.bareMs.toFixed(0)} ms, ${threads} workers`,
        value: large.gridPerSecond,
        unit: 'jobs/s',
        peer: `onnxruntime alone, ${threads} threads`,
        peerValue: large.barePerSecond,
        ratio: large.gridPerSecond / large.barePerSecond,
        target: '>= 0.90',
      },
      {
        name: `grid, model of ${(small.bareMs * 1000).toFixed(0)} us (560 x 560 DICOM object to finding)`,
        value: 1e6 / small.gridPerSecond,
        unit: 'us/job',
        peer: `onnxruntime alone, ${threads} threads`,
        peerValue: 1e6 / small.barePerSecond,
        ratio: small.barePerSecond / small.gridPerSecond,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Comparison {
  readonly gridPerSecond: number;
  readonly barePerSecond: number;
  /** One run in one of the bare threads. */
  readonly bareMs: number;
}

async function compare(
  grid: Destination,
  models: ModelRegistry,
  model: string,
  deliveries: readonly LeasedDelivery[],
  jobs: number,
): Promise<Comparison> {
  const bare = await bareLoop(models.get(model).onnxPath, threads);
  const gridRates: number[] = [];
  const bareRates: number[] = [];
  await gridRound(grid, deliveries, threads * 2);
  await bare.run(threads * 2);
  for (let round = 0; round < rounds; round += 1) {
    gridRates.push(await gridRound(grid, deliveries, jobs));
    bareRates.push(await bare.run(jobs));
  }
  await bare.close();
  const barePerSecond = median(bareRates);
  return { gridPerSecond: median(gridRates), barePerSecond, bareMs: (threads * 1000) / barePerSecond };
}

/** Jobs per second with as many in flight as the grid asks for. */
async function gridRound(
  grid: Destination,
  deliveries: readonly LeasedDelivery[],
  jobs: number,
): Promise<number> {
  let taken = 0;
  const lane = async () => {
    while (taken < jobs) {
      taken += 1;
      const outcome = await grid.send(deliveries[taken % deliveries.length]!, never);
      if (outcome.kind !== 'delivered' || outcome.note?.startsWith('BH_'))
        throw new Error(JSON.stringify(outcome));
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: grid.concurrency }, lane));
  return (jobs * 1000) / (performance.now() - startedMs);
}
