import { deflateRawSync } from 'node:zlib';
import type { ImageWindow } from '../preprocess/preprocess.ts';

/** One channel of a mask as the model gave it. */
export interface MaskChannel {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  readonly threshold: number;
}

export interface PackedMask {
  /** Base64 of the deflated bits: one a pixel, row by row, the first pixel in the lowest bit, no padding between rows (PS3.5 8.1.1). */
  readonly bits: string;
  readonly pixelsCount: number;
}

/**
 * Brings a mask back onto the image that it is of: each pixel takes the value of the place in the model's input that it went into. Nearest
 * and not interpolated: a mask must not say more than the model did. What the model was not shown is not covered.
 */
export function packMask(
  image: { readonly rows: number; readonly columns: number },
  window: ImageWindow,
  { rows, columns, values, threshold }: MaskChannel,
): PackedMask {
  const packed = new Uint8Array(Math.ceil((image.rows * image.columns) / 8));
  const rowOf = placesOf(image.rows, window.top, window.rows, rows);
  const columnOf = placesOf(image.columns, window.left, window.columns, columns);
  let pixelsCount = 0;
  for (let row = 0; row < image.rows; row += 1) {
    const from = rowOf[row]!;
    if (from < 0) continue;
    for (let column = 0; column < image.columns; column += 1) {
      const place = columnOf[column]!;
      if (place < 0 || values[from * columns + place]! < threshold) continue;
      const pixel = row * image.columns + column;
      packed[pixel >> 3] = packed[pixel >> 3]! | (1 << (pixel & 7));
      pixelsCount += 1;
    }
  }
  return { bits: deflateRawSync(packed).toString('base64'), pixelsCount };
}

/** For each pixel of the image along one side its place in the mask; -1 outside of what the model saw. */
function placesOf(length: number, start: number, span: number, places: number): Int32Array {
  const found = new Int32Array(length);
  for (let at = 0; at < length; at += 1) {
    const place = Math.floor(((at + 0.5 - start) * places) / span);
    found[at] = place >= 0 && place < places ? place : -1;
  }
  return found;
}
