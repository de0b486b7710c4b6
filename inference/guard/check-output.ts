import type { Refusal } from '../../core/message.ts';

/**
 * Null when the model gave one finite number within the range that its manifest promises; else BH_MODEL_OUTPUT. An ONNX graph hands on the NaN
 * of its input or of an overflow without a word, so this is asked after every run.
 */
export function checkOutput(values: Float32Array, [low, high]: readonly [number, number]): Refusal | null {
  const value = values[0];
  if (values.length !== 1 || value === undefined)
    return { code: 'BH_MODEL_OUTPUT', detail: `the model gave ${values.length} values, one was expected` };
  if (!Number.isFinite(value)) return { code: 'BH_MODEL_OUTPUT', detail: `the model gave ${value}` };
  if (value >= low && value <= high) return null;
  return { code: 'BH_MODEL_OUTPUT', detail: `the model gave ${value}, which is not within ${low}..${high}` };
}
