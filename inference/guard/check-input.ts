import type { Refusal } from '../../core/message.ts';
import type { GreyImage } from '../preprocess/grey-image.ts';
import type { GuardRanges } from './guard-ranges.ts';
import { inputStatistics, type Levels, templateCorrelation } from './input-statistics.ts';

const measured = ['mean', 'standardDeviation', 'entropyBits', 'roughness', 'borderDark'] as const;

/**
 * Null when the input is among those that the model was made for, else BH_MODEL_OUT_OF_DISTRIBUTION with every number that is out of
 * its range. A statistic that is not a number is out of every range.
 */
export function checkInput(seen: SeenImage, ranges: GuardRanges): Refusal | null {
  const statistics = inputStatistics(seen.full, seen.input);
  const faults = measured.flatMap((name) => outside(name, statistics[name], ranges[name]));
  faults.push(...outside('aspectRatio', seen.rows / seen.columns, ranges.aspectRatio));
  const { template } = ranges;
  if (template) {
    const correlation = templateCorrelation(seen.input, template.values);
    faults.push(...outside('templateCorrelation', correlation, [template.correlationMin, 1.000001]));
  }
  if (faults.length === 0) return null;
  return {
    code: 'BH_MODEL_OUT_OF_DISTRIBUTION',
    detail: `the image is unlike a training image: ${faults.join('; ')}`,
  };
}

/** An image on its way to the model: its size as sent, its grey levels 0..1, and what the model gets of it. */
export interface SeenImage {
  readonly rows: number;
  readonly columns: number;
  readonly full: Levels;
  readonly input: GreyImage;
}

function outside(name: string, value: number, [low, high]: readonly [number, number]): string[] {
  if (value >= low && value <= high) return [];
  return [`${name} ${value.toFixed(3)} is not within ${low.toFixed(3)}..${high.toFixed(3)}`];
}
