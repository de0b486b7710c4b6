import { z } from 'zod';
import { assert } from '../core/assert.ts';
import type { ModelIo } from '../core/ports/index.ts';
import type { ModelManifest } from './model-manifest.ts';

/** One tensor, in the terms of a MONAI bundle's `network_data_format` (MONAI bundle specification, metadata.json). */
export const tensorSchema = z.strictObject({
  type: z.enum(['image', 'series', 'tuple', 'probabilities']),
  format: z.string().min(1),
  modality: z.exactOptional(z.string()),
  num_channels: z.int().min(1).max(16),
  spatial_shape: z.array(z.int().min(1).max(4096)).max(3),
  dtype: z.literal('float32'),
  value_range: z.tuple([z.number(), z.number()]),
  is_patch_data: z.literal(false),
  channel_def: z.record(z.string(), z.string()),
});

/** What a channel of an input shows: the image that is read, or an earlier one (its `channel_def` says `prior`). */
export type ChannelSource = 'image' | 'prior';

/** The tensors of a model as a session of the grid runs them. */
export interface ModelTensors extends ModelIo {
  /** For each input what its channels show. */
  readonly channels: readonly (readonly ChannelSource[])[];
  /** Of every input, and of a mask. */
  readonly rows: number;
  readonly columns: number;
  readonly outputRange: readonly [number, number];
  /** Values of the output: 1, or labels x rows x columns. */
  readonly outputLength: number;
}

type Tensor = z.infer<typeof tensorSchema>;

const channelsOf = ({ num_channels, channel_def }: Tensor): readonly ChannelSource[] =>
  Array.from({ length: num_channels }, (_, at) => (channel_def[at] === 'prior' ? 'prior' : 'image'));

export function tensorsOf(manifest: ModelManifest): ModelTensors {
  const { inputs, outputs } = manifest.network_data_format;
  const [output] = Object.entries(outputs);
  const [rows = 0, columns = 0] = Object.values(inputs)[0]?.spatial_shape ?? [];
  assert(output && rows > 0 && columns > 0, 'the tensors of a manifest were checked when it was read');
  return {
    inputs: Object.entries(inputs).map(([name, { num_channels, spatial_shape }]) => ({
      name,
      shape: [1, num_channels, ...spatial_shape],
    })),
    channels: Object.values(inputs).map(channelsOf),
    output: output[0],
    rows,
    columns,
    outputRange: output[1].value_range,
    outputLength: manifest.output === 'mask' ? manifest.labels.length * rows * columns : 1,
  };
}

/** Whether an input shows an earlier image. */
export const showsPrior = ({ channels }: Pick<ModelTensors, 'channels'>): boolean =>
  channels.some((sources) => sources.includes('prior'));

/** What of the tensors the grid cannot run; null when it can. */
export function tensorFault(manifest: ModelManifest): string | null {
  const inputs = Object.values(manifest.network_data_format.inputs);
  const outputs = Object.values(manifest.network_data_format.outputs);
  const [first] = inputs;
  const [output] = outputs;
  if (first === undefined || inputs.length > inputsMax || output === undefined || outputs.length !== 1)
    return `network_data_format: one to ${inputsMax} inputs and one output are supported`;
  if (inputs.some(({ spatial_shape }) => spatial_shape.join() !== first.spatial_shape.join()))
    return 'network_data_format.inputs: all have the same rows and columns';
  if (first.spatial_shape.length !== 2) return 'network_data_format.inputs: two dimensions are supported';
  const channels = inputs.map(channelsOf);
  if (channels.flat().length > inputsMax)
    return `network_data_format.inputs: at most ${inputsMax} channels are supported, the image and an earlier one`;
  if (channels.flat().filter((source) => source === 'image').length !== 1)
    return 'network_data_format.inputs: one channel shows the image, each other one is named prior in channel_def';
  if (showsPrior({ channels }) !== (manifest.priors !== undefined))
    return 'priors: stands where an input shows an earlier image, and only there';
  return outputFault(manifest, first, output);
}

/** The image, and an earlier one. */
const inputsMax = 2;

function outputFault(
  { output: kind, labels, images }: ModelManifest,
  input: Tensor,
  output: Tensor,
): string | null {
  if (kind === 'probability') {
    if (labels.length > 0 || images !== 'best') return 'labels and images: each are for a mask';
    return output.num_channels === 1 && output.spatial_shape.length === 0
      ? null
      : 'network_data_format.outputs: one value is supported';
  }
  if (labels.length === 0 || output.num_channels !== labels.length)
    return 'labels: one for each channel of the mask';
  if (output.spatial_shape.join() !== input.spatial_shape.join())
    return 'network_data_format.outputs: a mask has the rows and columns of the input';
  const [low, high] = output.value_range;
  return low >= 0 && high <= 1 ? null : 'network_data_format.outputs: the values of a mask are within 0..1';
}
