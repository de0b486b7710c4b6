import { InferenceSession, Tensor } from 'onnxruntime-node';
import { BitHiveError } from '../../core/errors.ts';
import type { ModelRuntime, ModelSession } from '../../core/ports/model-runtime.ts';

/**
 * onnxruntime on the CPU. Only a worker of the grid may import this file: `run` is called synchronously inside the addon and blocks its
 * thread. One thread per session: on small and middle-sized networks more threads per run cost twice the CPU time and lower the throughput of
 * a busy pool (docs/decisions/0008-inference.md).
 */
export const onnxruntime: ModelRuntime = {
  name: 'onnxruntime',
  async open(modelPath, io) {
    const session = await createSession(modelPath);
    for (const [name, known] of [
      [io.input, session.inputNames],
      [io.output, session.outputNames],
    ] as const)
      if (!known.includes(name))
        throw new BitHiveError(
          'BH_MODEL_INVALID',
          `${modelPath} has no tensor ${name}, only ${known.join(', ')}`,
        );
    return modelSession(session, io);
  },
};

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

function modelSession(
  session: InferenceSession,
  io: { input: string; output: string; shape: readonly number[] },
): ModelSession {
  return {
    async run(input) {
      const data = await runSession(session, io, input);
      if (data instanceof Float32Array) return data;
      throw new BitHiveError('BH_MODEL_OUTPUT', `${io.output} is not a tensor of float32`);
    },
    close: () => session.release(),
  };
}

async function runSession(
  session: InferenceSession,
  io: { input: string; output: string; shape: readonly number[] },
  input: Float32Array,
): Promise<unknown> {
  try {
    const outputs = await session.run({ [io.input]: new Tensor('float32', input, io.shape) }, [io.output]);
    return outputs[io.output]?.data;
  } catch (error) {
    throw new BitHiveError('BH_MODEL_OUTPUT', `the run failed: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
