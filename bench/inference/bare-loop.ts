import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** onnxruntime and nothing else: each thread runs its share on one tensor, no message in between. */
export interface BareLoop {
  /** Runs per second over all threads. */
  run(jobs: number): Promise<number>;
  close(): Promise<void>;
}

const source = `
const { parentPort, workerData } = require('node:worker_threads');
const { InferenceSession, Tensor } = require('onnxruntime-node');
const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', logSeverityLevel: 4 };
InferenceSession.create(workerData, options).then((session) => {
  const image = new Tensor('float32', new Float32Array(784).fill(0.5), [1, 1, 28, 28]);
  parentPort.on('message', async (jobs) => {
    for (let done = 0; done < jobs; done += 1) await session.run({ image });
    parentPort.postMessage('done');
  });
  parentPort.postMessage('ready');
});`;

export async function bareLoop(modelPath: string, threads: number): Promise<BareLoop> {
  const workers = Array.from(
    { length: threads },
    () => new Worker(source, { eval: true, workerData: modelPath }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  return {
    async run(jobs) {
      const share = Math.ceil(jobs / threads);
      const startedMs = performance.now();
      const ends = workers.map((worker) => once(worker, 'message'));
      for (const worker of workers) worker.postMessage(share);
      await Promise.all(ends);
      return (share * threads * 1000) / (performance.now() - startedMs);
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
