import { encode } from 'fast-png';
import type { DisplayImage } from './display-image.ts';

/** The image as a PNG file of 8 bits, grey or RGB. */
export function encodePng({ rows, columns, channels, pixels }: DisplayImage): Uint8Array {
  const data = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length);
  return encode({ width: columns, height: rows, channels, depth: 8, data });
}
