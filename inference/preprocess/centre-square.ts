import type { GreyImage } from './grey-image.ts';

/** The largest square in the middle; where the margin is odd, the extra row or column is cut at the end. */
export function centreSquare(image: GreyImage): GreyImage {
  const side = Math.min(image.rows, image.columns);
  if (image.rows === side && image.columns === side) return image;
  const top = (image.rows - side) >> 1;
  const left = (image.columns - side) >> 1;
  const values = new Float32Array(side * side);
  for (let row = 0; row < side; row += 1) {
    const from = (top + row) * image.columns + left;
    values.set(image.values.subarray(from, from + side), row * side);
  }
  return { rows: side, columns: side, values };
}
