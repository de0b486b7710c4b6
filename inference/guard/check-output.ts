import type { Refusal } from '../../core/message.ts';

/**
 * Null when the model gave as many finite numbers as it should, each within the range that its manifest promises; else BH_MODEL_OUTPUT. An
 * ONNX graph hands on the NaN of its input or of an overflow without a word, so this is asked after every run.
 */
export function checkOutput(
  values: Float32Array,
  [low, high]: readonly [number, number],
  length = 1,
): Refusal | null {
  if (values.length !== length) {
    const expected = length === 1 ? 'one was' : `${length} were`;
    return refusal(`the model gave ${values.length} values, ${expected} expected`);
  }
  for (const value of values) {
    if (!Number.isFinite(value)) return refusal(`the model gave ${value}`);
    if (value < low || value > high)
      return refusal(`the model gave ${value}, which is not within ${low}..${high}`);
  }
  return null;
}

const refusal = (detail: string): Refusal => ({ code: 'BH_MODEL_OUTPUT', detail });
