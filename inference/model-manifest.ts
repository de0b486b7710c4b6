import { z } from 'zod';
import { BitHiveError } from '../core/errors.ts';
import type { ModelIdentity } from '../core/inference.ts';
import { limits } from '../core/limits.ts';
import { guardRangesSchema } from './guard/guard-ranges.ts';
import { tensorFault, tensorSchema } from './model-tensors.ts';
import { isPointStep, type PreprocessStep, preprocessStepSchema } from './preprocess/preprocess-step.ts';

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

/** Earlier studies of the patient that the model wants to see; an input whose channel is named `prior` shows one of them. */
const priorsSchema = z.strictObject({
  /** The newest so many studies. */
  count: z.int().min(1).max(limits.priorStudiesMax).default(1),
  /** Empty: those that the model accepts. */
  modalities: z.array(z.string()).default([]),
  sameBodyPart: z.boolean().default(true),
  /** Without an earlier image: the model does not run, or is shown zeros or the image itself in its place. */
  absent: z.enum(['refuse', 'zeros', 'same']).default('refuse'),
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
  /** What the output is: one probability, or one mask for each label, as large as the input. */
  output: z.enum(['probability', 'mask']).default('probability'),
  /** What each channel of a mask shows. A pixel is of it at or above `threshold`. */
  labels: z
    .array(z.strictObject({ code: z.string().min(1), system: z.url(), display: z.string().min(1) }))
    .max(16)
    .default([]),
  /** A mask of the one image that is judged best, or of each image that the model accepts. */
  images: z.enum(['best', 'each']).default('best'),
  priors: z.exactOptional(priorsSchema),
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

/** Parses the text of a manifest. Throws BH_MODEL_INVALID, with the path of the first fault in the detail. */
export function parseManifest(text: string, from: string): ModelManifest {
  const parsed = modelManifestSchema.safeParse(parseJson(text, from));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`${from}: ${issue?.path.join('.') || 'manifest'}: ${issue?.message ?? 'not valid'}`);
  }
  const fault = tensorFault(parsed.data) ?? preprocessFault(parsed.data);
  if (fault !== null) throw invalid(`${from}: ${fault}`);
  return parsed.data;
}

export function modelIdentity(manifest: ModelManifest): ModelIdentity {
  const { name, version, sha256, intendedUse, publisher, licence, evaluation } = manifest;
  return { name, version, sha256, intendedUse, publisher, licence, evaluation };
}

function preprocessFault({ preprocess, network_data_format, guard }: ModelManifest): string | null {
  const [rows = 0, columns = 0] = Object.values(network_data_format.inputs)[0]?.spatial_shape ?? [];
  const resized = preprocess.findLast((step) => step.step === 'area-mean');
  if (resized?.rows !== rows || resized.columns !== columns)
    return `preprocess: the last area-mean must give ${rows} x ${columns}`;
  if (!isInOrder(preprocess))
    return 'preprocess: modality-lut, voi and monochrome1-invert come before the other steps';
  if (guard.template && guard.template.values.length !== rows * columns)
    return `guard.template.values: ${rows * columns} values are needed`;
  return null;
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
