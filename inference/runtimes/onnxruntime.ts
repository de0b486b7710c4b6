import { InferenceSession, Tensor } from 'onnxruntime-node';
import { BitHiveError } from '../../core/errors.ts';
import type { ModelIo, ModelRuntime, ModelSession } from '../../core/ports/model-runtime.ts';

/**
 * onnxruntime on the CPU. Only a worker of the grid may import this file: `run` is called synchronously inside the addon and blocks its
 * thread. One thread per session: on small and middle-sized networks more threads per run cost twice the CPU time and lower the throughput of
 * a busy pool (docs/decisions/0008-inference.md).
 */
export const onnxruntime: ModelRuntime = {
  name: 'onnxruntime',
  async open(modelPath, io) {
    const session = await createSession(modelPath);
    for (const { name } of io.inputs) requireTensor(modelPath, name, session.inputNames);
    requireTensor(modelPath, io.output, session.outputNames);
    return modelSession(session, io);
  },
};

function requireTensor(modelPath: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  throw new BitHiveError('BH_MODEL_INVALID', `${modelPath} has no tensor ${name}, only ${known.join(', ')}`);
}

async function createSession(modelPath: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(modelPath, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new BitHiveError('BH_MODEL_INVALID', `${modelPath}: ${(error as Error).message}`, { cause: error });
  }
}

function modelSession(session: InferenceSession, io: ModelIo): ModelSession {
  return {
    async run(inputs) {
      const data = await runSession(session, io, inputs);
      if (data instanceof Float32Array) return data;
      throw new BitHiveError('BH_MODEL_OUTPUT', `${io.output} is not a tensor of float32`);
    },
    close: () => session.release(),
  };
}

async function runSession(
  session: InferenceSession,
  io: ModelIo,
  inputs: readonly Float32Array[],
): Promise<unknown> {
  const feeds: { [name: string]: Tensor } = {};
  for (const [at, { name, shape }] of io.inputs.entries())
    feeds[name] = new Tensor('float32', inputs[at] ?? new Float32Array(0), shape);
  try {
    const outputs = await session.run(feeds, [io.output]);
    return outputs[io.output]?.data;
  } catch (error) {
    throw new BitHiveError('BH_MODEL_OUTPUT', `the run failed: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
