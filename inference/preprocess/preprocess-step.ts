import { z } from 'zod';

/**
 * How pixels become the model's input, as data. The steps run in the order given, which must have the first three, mapping grey level to grey
 * level, before those that move pixels.
 *
 * - `modality-lut`: stored values to modality units (PS3.3 C.11.1).
 * - `voi`: modality units to 0..1 by the object's own window or VOI LUT (PS3.3 C.11.2.1.2); an object with neither is stretched from
 *   its least to its greatest value.
 * - `monochrome1-invert`: 1 - value where the photometric interpretation is MONOCHROME1, so that air is dark.
 * - `centre-square`: the largest square in the middle.
 * - `area-mean`: resize; each output pixel is the mean of the area that it covers, parts of pixels weighted by their share.
 * - `scale`: 0..1 to low..high.
 * - `normalise`: (value - mean) / standardDeviation.
 */
export const preprocessStepSchema = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('modality-lut') }),
  z.strictObject({ step: z.literal('voi') }),
  z.strictObject({ step: z.literal('monochrome1-invert') }),
  z.strictObject({ step: z.literal('centre-square') }),
  z.strictObject({
    step: z.literal('area-mean'),
    rows: z.int().min(1).max(4096),
    columns: z.int().min(1).max(4096),
  }),
  z.strictObject({ step: z.literal('scale'), low: z.number(), high: z.number() }),
  z.strictObject({
    step: z.literal('normalise'),
    mean: z.number(),
    standardDeviation: z.number().positive(),
  }),
]);

export type PreprocessStep = z.infer<typeof preprocessStepSchema>;

/** A step that maps each grey level to another, wherever it lies in the image. */
export type PointStep = Extract<PreprocessStep, { step: 'modality-lut' | 'voi' | 'monochrome1-invert' }>;

export function isPointStep(step: PreprocessStep): step is PointStep {
  return step.step === 'modality-lut' || step.step === 'voi' || step.step === 'monochrome1-invert';
}
