import type { GreyImage } from './grey-image.ts';

/**
 * Resizes by the mean of the covered area. Output pixel i covers the source from i·n/m to (i+1)·n/m; a source pixel that is covered in part
 * counts with that part. The area is separable, so the rows are added up first, then the columns, in double precision.
 */
export function areaMean(image: GreyImage, rows: number, columns: number): GreyImage {
  const acrossRows = coverage(image.rows, rows);
  const acrossColumns = coverage(image.columns, columns);
  const values = new Float32Array(rows * columns);
  const line = new Float64Array(image.columns);
  for (let row = 0; row < rows; row += 1) {
    const { first, weights } = acrossRows[row]!;
    line.fill(0);
    weights.forEach((weight, k) => {
      addLine(line, image, first + k, weight);
    });
    for (let column = 0; column < columns; column += 1) {
      const covered = acrossColumns[column]!;
      let sum = 0;
      for (let k = 0; k < covered.weights.length; k += 1)
        sum += line[covered.first + k]! * covered.weights[k]!;
      values[row * columns + column] = sum;
    }
  }
  return { rows, columns, values };
}

function addLine(line: Float64Array, image: GreyImage, row: number, weight: number): void {
  const from = row * image.columns;
  for (let column = 0; column < line.length; column += 1)
    line[column] = line[column]! + image.values[from + column]! * weight;
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
