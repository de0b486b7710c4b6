import type { GreyImage } from './grey-image.ts';

/**
 * Resizes by the mean of the covered area. Output pixel i covers the source from i·n/m to (i+1)·n/m; a source pixel that is covered in part
 * counts with that part. The area is separable, so rows and columns are done one after the other, in double precision.
 */
export function areaMean(image: GreyImage, rows: number, columns: number): GreyImage {
  const narrow = new Float64Array(image.rows * columns);
  const acrossColumns = coverage(image.columns, columns);
  for (let row = 0; row < image.rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const { first, weights } = acrossColumns[column]!;
      let sum = 0;
      for (let k = 0; k < weights.length; k += 1)
        sum += image.values[row * image.columns + first + k]! * weights[k]!;
      narrow[row * columns + column] = sum;
    }
  const values = new Float32Array(rows * columns);
  const acrossRows = coverage(image.rows, rows);
  for (let row = 0; row < rows; row += 1) {
    const { first, weights } = acrossRows[row]!;
    for (let column = 0; column < columns; column += 1) {
      let sum = 0;
      for (let k = 0; k < weights.length; k += 1)
        sum += narrow[(first + k) * columns + column]! * weights[k]!;
      values[row * columns + column] = sum;
    }
  }
  return { rows, columns, values };
}

/** For each of `to` output positions the first source position and the weights from there on; the weights add up to 1. */
function coverage(from: number, to: number): readonly { first: number; weights: readonly number[] }[] {
  const span = from / to;
  return Array.from({ length: to }, (_, position) => {
    const start = position * span;
    const end = Math.min(from, start + span);
    const first = Math.min(from - 1, Math.floor(start));
    const weights: number[] = [];
    for (let source = first; source < end && source < from; source += 1) {
      const part = Math.min(end, source + 1) - Math.max(start, source);
      if (part > 1e-9) weights.push(part);
      else if (weights.length === 0) weights.push(0);
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}
