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
  return writeOnnx({ inputs: [input], output, nodes: [meanOf('image', 'probability')] });
}

/** Gives 0/0. */
export function nanModel(): Uint8Array {
  const nodes: OnnxNode[] = [
    meanOf('image', 'mean'),
    { op: 'Sub', inputs: ['mean', 'mean'], output: 'zero' },
    { op: 'Div', inputs: ['zero', 'zero'], output: 'probability' },
  ];
  return writeOnnx({ inputs: [input], output, nodes });
}

/** Gives mean/0, infinity. */
export function infinityModel(): Uint8Array {
  const nodes: OnnxNode[] = [
    meanOf('image', 'mean'),
    { op: 'Sub', inputs: ['mean', 'mean'], output: 'zero' },
    { op: 'Div', inputs: ['mean', 'zero'], output: 'probability' },
  ];
  return writeOnnx({ inputs: [input], output, nodes });
}

/** Gives the mean plus 3: finite and no probability. */
export function outOfRangeModel(): Uint8Array {
  const nodes: OnnxNode[] = [
    meanOf('image', 'mean'),
    { op: 'Add', inputs: ['mean', 'three'], output: 'probability' },
  ];
  const tensors = [{ name: 'three', shape: [1], values: Float32Array.of(3) }];
  return writeOnnx({ inputs: [input], output, nodes, tensors });
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
  return writeOnnx({ inputs: [input], output, nodes, tensors });
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

const side = 64;
const grey = (name: string) => ({ name, shape: [1, 1, side, side] });
const constant = (name: string, value: number): OnnxTensor => ({
  name,
  shape: [1],
  values: Float32Array.of(value),
});

/** A mask of what is brighter than 0.6, by a steep sigmoid, and one of what is darker than 0.2. */
export function thresholdMaskModel(): Uint8Array {
  const above = (from: string, level: string, to: string, factor: string): OnnxNode[] => [
    { op: 'Sub', inputs: [from, level], output: `${to}-step` },
    { op: 'Mul', inputs: [`${to}-step`, factor], output: `${to}-slope` },
    { op: 'Sigmoid', inputs: [`${to}-slope`], output: to },
  ];
  const nodes: OnnxNode[] = [
    ...above('image', 'bright-level', 'bright', 'up'),
    ...above('image', 'dark-level', 'dark', 'down'),
    { op: 'Concat', inputs: ['bright', 'dark'], output: 'mask', attributes: { axis: 1 } },
  ];
  const tensors = [
    constant('bright-level', 0.6),
    constant('dark-level', 0.2),
    constant('up', 200),
    constant('down', -200),
  ];
  return writeOnnx({
    inputs: [grey('image')],
    output: { name: 'mask', shape: [1, 2, side, side] },
    nodes,
    tensors,
  });
}

/** The greatest difference of an image from an earlier one, pixel by pixel: two inputs. */
export function differenceModel(): Uint8Array {
  const nodes: OnnxNode[] = [
    { op: 'Sub', inputs: ['image', 'earlier'], output: 'signed' },
    { op: 'Abs', inputs: ['signed'], output: 'difference' },
    {
      op: 'ReduceMax',
      inputs: ['difference'],
      output: 'probability',
      attributes: { axes: [1, 2, 3], keepdims: 0 },
    },
  ];
  return writeOnnx({ inputs: [grey('image'), grey('earlier')], output, nodes });
}

/** The same as a mask of what is new, from one input of two channels. */
export function newInImageModel(): Uint8Array {
  const nodes: OnnxNode[] = [
    { op: 'Conv', inputs: ['pair', 'minus'], output: 'change', attributes: { kernel_shape: [1, 1] } },
    { op: 'Relu', inputs: ['change'], output: 'mask' },
  ];
  const minus = { name: 'minus', shape: [1, 2, 1, 1], values: Float32Array.of(1, -1) };
  return writeOnnx({
    inputs: [{ name: 'pair', shape: [1, 2, side, side] }],
    output: { name: 'mask', shape: [1, 1, side, side] },
    nodes,
    tensors: [minus],
  });
}

const any = [-1e9, 1e9];
const tensor = (channels: readonly string[], shape: readonly number[]) => ({
  type: 'image',
  format: 'magnitude',
  num_channels: channels.length,
  spatial_shape: shape,
  dtype: 'float32',
  value_range: [0, 1],
  is_patch_data: false,
  channel_def: Object.fromEntries(channels.map((name, at) => [String(at), name])),
});

/** The manifest of a model of this file, for images of any modality and size. */
export function scriptedManifest(given: {
  readonly inputs: { readonly [name: string]: readonly string[] };
  readonly mask?: readonly { readonly code: string; readonly display: string }[];
  readonly more?: object;
}): object {
  const { inputs, mask, more = {} } = given;
  const shape = [side, side];
  const system = 'http://snomed.info/sct';
  const outputs =
    mask === undefined
      ? { probability: tensor(['change'], []) }
      : {
          mask: tensor(
            mask.map(({ display }) => display),
            shape,
          ),
        };
  return {
    schema: 'bithive-model-1',
    version: '1.0.0',
    file: 'model.onnx',
    publisher: 'BitHive project',
    licence: 'Apache-2.0',
    intendedUse: 'Shows the path of masks and earlier images. Not a medical device; not for diagnosis.',
    trainingData: 'none: written by a script',
    target: { code: '263654008', system, display: 'Abnormal' },
    threshold: 0.5,
    ...(mask === undefined ? {} : { output: 'mask', labels: mask.map((label) => ({ ...label, system })) }),
    network_data_format: {
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, channels]) => [name, tensor(channels, shape)]),
      ),
      outputs,
    },
    accepts: {
      modalities: ['CR', 'DX', 'CT', 'MR'],
      sopClasses: ['1', '1.1', '2', '4'].map((leaf) => `1.2.840.10008.5.1.4.1.1.${leaf}`),
      bodyParts: ['CHEST'],
      withoutBodyPart: true,
      viewsPreferred: [],
      viewsRefused: [],
      photometric: ['MONOCHROME1', 'MONOCHROME2'],
      rowsMin: 1,
      columnsMin: 1,
      pixelsMax: 16_777_216,
    },
    preprocess: [
      { step: 'modality-lut' },
      { step: 'voi' },
      { step: 'centre-square' },
      { step: 'area-mean', rows: side, columns: side },
    ],
    guard: {
      derivation: 'none: any image is taken',
      aspectRatio: any,
      mean: any,
      standardDeviation: any,
      entropyBits: any,
      roughness: any,
      borderDark: any,
    },
    ...more,
  };
}
