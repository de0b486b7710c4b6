import { BitWriter } from './bit-writer.ts';

/**
 * A lossless JPEG encoder for tests (ITU-T T.81 H.1): one component, Huffman categories 0 to 16 all with codes of 5 bits, so that
 * the table needs no statistics.
 */
export function encodeJpegLossless(
  samples: Uint8Array | Uint16Array,
  rows: number,
  columns: number,
  precision: number,
  selection: number,
): Uint8Array {
  const bits = new BitWriter();
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const at = y * columns + x;
      const difference = wrap(samples[at]! - predict(samples, x, y, columns, precision, selection));
      writeDifference(bits, difference);
    }
  }
  const head = [
    [0xff, 0xd8],
    [
      0xff,
      0xc4,
      0,
      2 + 1 + 16 + 17,
      0,
      0,
      0,
      0,
      0,
      17,
      ...new Array<number>(11).fill(0),
      ...Array(17).keys(),
    ],
    [0xff, 0xc3, 0, 11, precision, rows >> 8, rows & 255, columns >> 8, columns & 255, 1, 1, 0x11, 0],
    [0xff, 0xda, 0, 8, 1, 1, 0, selection, 0, 0],
  ].flat();
  return Uint8Array.from([...head, ...bits.finish(), 0xff, 0xd9]);
}

/** Differences are taken modulo 2^16 (H.1.2.1). */
const wrap = (difference: number): number => ((difference + 32768) & 0xffff) - 32768;

function predict(
  samples: Uint8Array | Uint16Array,
  x: number,
  y: number,
  columns: number,
  precision: number,
  selection: number,
): number {
  const at = y * columns + x;
  if (x === 0 && y === 0) return 1 << (precision - 1);
  if (y === 0) return samples[at - 1]!;
  if (x === 0) return samples[at - columns]!;
  const a = samples[at - 1]!;
  const b = samples[at - columns]!;
  const c = samples[at - columns - 1]!;
  return [0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1][selection]!;
}

function writeDifference(bits: BitWriter, difference: number): void {
  const category = 32 - Math.clz32(Math.abs(difference));
  bits.write(category, 5);
  // Category 16 is 32768 alone and needs no more bits (H.1.2.2).
  if (category > 0 && category < 16)
    bits.write(difference > 0 ? difference : difference + (1 << category) - 1, category);
}
