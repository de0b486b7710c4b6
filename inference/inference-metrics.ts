import type { Metrics } from '../core/ports/metrics.ts';

export interface InferenceMetrics {
  ran(model: string, outcome: string, durationMs: number): void;
  waiting(jobs: number): void;
  lost(): void;
}

/** Decode, preprocess and run of one image, as the engine waits for it: from a millisecond to a minute. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function inferenceMetrics(metrics: Metrics): InferenceMetrics {
  const duration = metrics.histogram({
    name: 'bithive_inference_duration_seconds',
    help: 'Decode, preprocess and model run of one image',
    labels: ['model', 'outcome'],
    buckets: durationBuckets,
  });
  const queue = metrics.gauge({
    name: 'bithive_inference_queue_jobs',
    help: 'Jobs that wait in memory for a worker',
  });
  const losses = metrics.counter({
    name: 'bithive_inference_workers_lost_total',
    help: 'Workers that died or hung and were replaced',
  });
  return {
    ran: (model, outcome, durationMs) => duration.observe(durationMs / 1000, { model, outcome }),
    waiting: (jobs) => queue.set(jobs),
    lost: () => losses.add(1),
  };
}
