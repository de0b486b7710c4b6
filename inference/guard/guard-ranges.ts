import { z } from 'zod';

const range = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, 'low must not exceed high');

/**
 * What an input must look like to be among those that the model was made for. Each range is [least, greatest], both allowed.
 * How the numbers were found belongs in `derivation`: a guard is as honest as its data.
 */
export const guardRangesSchema = z.strictObject({
  derivation: z.string().min(1),
  /** Rows by columns of the object as sent. */
  aspectRatio: range,
  /** Of the model's input, before `normalise`. */
  mean: range,
  standardDeviation: range,
  /** Entropy of a 64-bin histogram of the image at full size, 0..6 bits. */
  entropyBits: range,
  /** Mean squared step between neighbours of the model's input over its variance: 0 smooth, about 2 white noise. */
  roughness: range,
  /** Share of the frame (a twelfth of each side) of the model's input that is darker than 0.04. */
  borderDark: range,
  /** Pearson correlation of the model's input with a mean image; the better of the image and its mirror image counts. */
  template: z.exactOptional(
    z.strictObject({ values: z.array(z.number()), correlationMin: z.number().min(-1).max(1) }),
  ),
});

export type GuardRanges = z.infer<typeof guardRangesSchema>;
