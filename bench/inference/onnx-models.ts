import { type OnnxNode, type OnnxTensor, writeOnnx } from './onnx-writer.ts';

const input = { name: 'image', shape: [1, 1, 28, 28] };
const output = { name: 'probability', shape: [1] };
const meanOf = (from: string, to: string): OnnxNode => ({
  op: 'ReduceMean',
  inputs: [from],
  output: to,
  attributes: { axes: [1, 2, 3], keepdims: 0 },
});

/** Gives the mean of the image: an answer that a test can foretell. */
export function meanModel(): Uint8Array {
  return writeOnnx({ input, output, nodes: [meanOf('image', 'probability')] });
}

/** Gives 0/0. */
export function nanModel(): Uint8Array {
  const nodes: OnnxNode[] = [
    meanOf('image', 'mean'),
    { op: 'Sub', inputs: ['mean', 'mean'], output: 'zero' },
    { op: 'Div', inputs: ['zero', 'zero'], output: 'probability' },
  ];
  return writeOnnx({ input, output, nodes });
}

/** Gives mean/0, infinity. */
export function infinityModel(): Uint8Array {
  const nodes: OnnxNode[] = [
    meanOf('image', 'mean'),
    { op: 'Sub', inputs: ['mean', 'mean'], output: 'zero' },
    { op: 'Div', inputs: ['mean', 'zero'], output: 'probability' },
  ];
  return writeOnnx({ input, output, nodes });
}

/** Gives the mean plus 3: finite and no probability. */
export function outOfRangeModel(): Uint8Array {
  const nodes: OnnxNode[] = [
    meanOf('image', 'mean'),
    { op: 'Add', inputs: ['mean', 'three'], output: 'probability' },
  ];
  const tensors = [{ name: 'three', shape: [1], values: Float32Array.of(3) }];
  return writeOnnx({ input, output, nodes, tensors });
}

/**
 * A stack of 3x3 convolutions of `channels` to `channels` over 28 x 28, about `channels`² · 7,056 multiply-adds each. All but the first share their
 * weights, so that a model of any length is quickly written.
 */
export function convolutionModel(layers: number, channels: number): Uint8Array {
  const nodes: OnnxNode[] = [];
  const tensors: OnnxTensor[] = [1, channels].map((depth, at) => ({
    name: `w${at}`,
    shape: [channels, depth, 3, 3],
    values: pseudoRandom(channels * depth * 9, at + 1, Math.sqrt(2 / (depth * 9))),
  }));
  let from = 'image';
  for (let layer = 0; layer < layers; layer += 1) {
    nodes.push(
      {
        op: 'Conv',
        inputs: [from, layer === 0 ? 'w0' : 'w1'],
        output: `c${layer}`,
        attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
      },
      { op: 'Relu', inputs: [`c${layer}`], output: `r${layer}` },
    );
    from = `r${layer}`;
  }
  nodes.push(meanOf(from, 'mean'), { op: 'Sigmoid', inputs: ['mean'], output: 'probability' });
  return writeOnnx({ input, output, nodes, tensors });
}

/** Uniform in -scale·√3..scale·√3 from a linear congruential generator (Numerical Recipes constants). */
function pseudoRandom(count: number, seed: number, scale: number): Float32Array {
  const values = new Float32Array(count);
  const { imul } = Math;
  let state = seed >>> 0;
  for (let at = 0; at < count; at += 1) {
    state = (imul(state, 1664525) + 1013904223) >>> 0;
    values[at] = (state / 2 ** 31 - 1) * scale * Math.sqrt(3);
  }
  return values;
}
