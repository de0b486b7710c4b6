import type { GreyImage } from '../preprocess/grey-image.ts';

/** Numbers that tell a plausible input from another. Values are expected in 0..1; not finite values make the statistics NaN. */
export interface InputStatistics {
  readonly mean: number;
  readonly standardDeviation: number;
  readonly entropyBits: number;
  readonly roughness: number;
  readonly borderDark: number;
}

const bins = 64;
const darkBelow = 0.04;

/** The grey levels of an image and how often each occurs. */
export interface Levels {
  readonly levels: Float32Array;
  readonly counts: Uint32Array;
}

/** `full`: the image at full size, for its entropy; `input`: what the model sees, for the rest. */
export function inputStatistics(full: Levels, input: GreyImage): InputStatistics {
  const mean = meanOf(input.values);
  const variance = meanOf(input.values.map((value) => (value - mean) ** 2));
  return {
    mean,
    standardDeviation: Math.sqrt(variance),
    entropyBits: entropyBits(full),
    roughness: variance === 0 ? 0 : squaredStep(input) / variance,
    borderDark: borderDark(input),
  };
}

/** Pearson correlation of the image with the template or with the template's mirror image, whichever is the higher. */
export function templateCorrelation(image: GreyImage, template: readonly number[]): number {
  const mirrored = template.map((_, at) => {
    const column = at % image.columns;
    return template[at - column + image.columns - 1 - column]!;
  });
  return Math.max(correlation(image.values, template), correlation(image.values, mirrored));
}

function correlation(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const leftMean = meanOf(left);
  const rightMean = meanOf(right);
  let both = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let at = 0; at < left.length; at += 1) {
    const x = left[at]! - leftMean;
    const y = right[at]! - rightMean;
    both += x * y;
    leftSquares += x * x;
    rightSquares += y * y;
  }
  const scale = Math.sqrt(leftSquares * rightSquares);
  return scale === 0 ? 0 : both / scale;
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at]!;
  return sum / values.length;
}

function entropyBits({ levels, counts }: Levels): number {
  const filled = new Float64Array(bins);
  let pixels = 0;
  for (let at = 0; at < levels.length; at += 1) {
    const level = levels[at]!;
    if (!Number.isFinite(level)) return Number.NaN;
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(level * bins)));
    filled[bin]! += counts[at]!;
    pixels += counts[at]!;
  }
  let bits = 0;
  for (const count of filled) if (count > 0) bits -= (count / pixels) * Math.log2(count / pixels);
  return bits;
}

/** Mean square of the difference between neighbours, to the right and below. */
function squaredStep({ rows, columns, values }: GreyImage): number {
  let sum = 0;
  let count = 0;
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const here = values[row * columns + column]!;
      if (column + 1 < columns) sum += (values[row * columns + column + 1]! - here) ** 2;
      if (row + 1 < rows) sum += (values[(row + 1) * columns + column]! - here) ** 2;
      count += (column + 1 < columns ? 1 : 0) + (row + 1 < rows ? 1 : 0);
    }
  return count === 0 ? 0 : sum / count;
}

function borderDark({ rows, columns, values }: GreyImage): number {
  const deepRows = Math.max(1, Math.round(rows / 12));
  const deepColumns = Math.max(1, Math.round(columns / 12));
  let dark = 0;
  let count = 0;
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const inside =
        row >= deepRows && row < rows - deepRows && column >= deepColumns && column < columns - deepColumns;
      if (inside) continue;
      count += 1;
      if (values[row * columns + column]! < darkBelow) dark += 1;
    }
  return dark / count;
}
