import { z } from 'zod';
import { BitHiveError } from '../core/errors.ts';
import type { ModelIdentity } from '../core/inference.ts';
import { guardRangesSchema } from './guard/guard-ranges.ts';
import { isPointStep, type PreprocessStep, preprocessStepSchema } from './preprocess/preprocess-step.ts';

/** One tensor, in the terms of a MONAI bundle's `network_data_format` (MONAI bundle specification, metadata.json). */
const tensorSchema = z.strictObject({
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

const evaluationSchema = z.strictObject({
  data: z.string().min(1),
  n: z.int().min(1),
  date: z.iso.date(),
  auc: z.number().min(0).max(1),
  accuracy: z.number().min(0).max(1),
  sensitivity: z.number().min(0).max(1),
  specificity: z.number().min(0).max(1),
});

/** Which objects a model may be shown at all, decided from header attributes before a pixel is decoded. */
const acceptsSchema = z.strictObject({
  modalities: z.array(z.string()).min(1),
  sopClasses: z.array(z.string()).min(1),
  /** (0018,0015); an object without one is taken when `withoutBodyPart` says so. */
  bodyParts: z.array(z.string()),
  withoutBodyPart: z.boolean(),
  /** (0018,5101), best first. A view that is not named is tried last, one of `viewsRefused` never. */
  viewsPreferred: z.array(z.string()),
  viewsRefused: z.array(z.string()),
  photometric: z.array(z.string()).min(1),
  rowsMin: z.int().min(1),
  columnsMin: z.int().min(1),
  pixelsMax: z.int().min(1),
});

/** `manifest.json` beside a model's ONNX file: all that the grid knows of a model. Code never names a model. */
export const modelManifestSchema = z.strictObject({
  schema: z.literal('bithive-model-1'),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  /** The ONNX file, a plain name in the same folder. */
  file: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*\.onnx$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  publisher: z.string().min(1),
  licence: z.string().min(1),
  intendedUse: z.string().min(1),
  trainingData: z.string().min(1),
  target: z.strictObject({ code: z.string(), system: z.url(), display: z.string() }),
  /** The finding is positive at or above it. */
  threshold: z.number().min(0).max(1),
  /** Without one the model runs, and each of its reports says that none is on file. */
  evaluation: z.array(evaluationSchema).max(16).default([]),
  network_data_format: z.strictObject({
    inputs: z.record(z.string(), tensorSchema),
    outputs: z.record(z.string(), tensorSchema),
  }),
  accepts: acceptsSchema,
  preprocess: z.array(preprocessStepSchema).min(1),
  guard: guardRangesSchema,
});

export type ModelManifest = z.infer<typeof modelManifestSchema>;
export type ModelAccepts = ModelManifest['accepts'];
export type TensorFormat = z.infer<typeof tensorSchema>;

/** Parses the text of a manifest. Throws BH_MODEL_INVALID, with the path of the first fault in the detail. */
export function parseManifest(text: string, from: string): ModelManifest {
  const parsed = modelManifestSchema.safeParse(parseJson(text, from));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`${from}: ${issue?.path.join('.') || 'manifest'}: ${issue?.message ?? 'not valid'}`);
  }
  checkTensors(parsed.data, from);
  return parsed.data;
}

/** The single input and the single output, which is all that a session of the grid runs. */
export function tensorsOf(manifest: ModelManifest): {
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
  readonly outputRange: readonly [number, number];
} {
  const [input] = Object.entries(manifest.network_data_format.inputs);
  const [output] = Object.entries(manifest.network_data_format.outputs);
  if (!input || !output) throw invalid(`${manifest.name}: no input or no output`);
  return {
    input: input[0],
    output: output[0],
    shape: [1, input[1].num_channels, ...input[1].spatial_shape],
    outputRange: output[1].value_range,
  };
}

export function modelIdentity(manifest: ModelManifest): ModelIdentity {
  const { name, version, sha256, intendedUse, publisher, licence, evaluation } = manifest;
  return { name, version, sha256, intendedUse, publisher, licence, evaluation };
}

function checkTensors(manifest: ModelManifest, from: string): void {
  const { inputs, outputs } = manifest.network_data_format;
  const input = Object.values(inputs)[0];
  const output = Object.values(outputs)[0];
  if (Object.keys(inputs).length !== 1 || Object.keys(outputs).length !== 1 || !input || !output)
    throw invalid(`${from}: network_data_format: one input and one output are supported`);
  if (input.num_channels !== 1 || input.spatial_shape.length !== 2)
    throw invalid(`${from}: network_data_format.inputs: one channel and two dimensions are supported`);
  if (output.num_channels !== 1 || output.spatial_shape.length !== 0)
    throw invalid(`${from}: network_data_format.outputs: one value is supported`);
  const [rows = 0, columns = 0] = input.spatial_shape;
  const resized = manifest.preprocess.findLast((step) => step.step === 'area-mean');
  if (resized?.rows !== rows || resized.columns !== columns)
    throw invalid(`${from}: preprocess: the last area-mean must give ${rows} x ${columns}`);
  if (!isInOrder(manifest.preprocess))
    throw invalid(
      `${from}: preprocess: modality-lut, voi and monochrome1-invert come before the other steps`,
    );
  const { template } = manifest.guard;
  if (template && template.values.length !== rows * columns)
    throw invalid(`${from}: guard.template.values: ${rows * columns} values are needed`);
}

function isInOrder(steps: readonly PreprocessStep[]): boolean {
  const firstPlace = steps.findIndex((step) => !isPointStep(step));
  return steps.slice(firstPlace).every((step) => !isPointStep(step));
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BitHiveError('BH_MODEL_INVALID', `${from}: ${(error as Error).message}`, { cause: error });
  }
}

function invalid(detail: string): BitHiveError {
  return new BitHiveError('BH_MODEL_INVALID', detail);
}
