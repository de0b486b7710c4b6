import { type HuffmanTable, JpegBits } from './jpeg-huffman.ts';
import { pixelsError } from './pixels-error.ts';

export interface LosslessScan {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly precision: number;
  /** Pixels between restart markers; 0 for none. Whole rows, as H.1.1 demands. */
  readonly restartInterval: number;
  readonly components: readonly { readonly index: number; readonly table: HuffmanTable }[];
  readonly selection: number;
  readonly pointTransform: number;
}

/** Decodes one scan from `from` on into its components of `samples`, and returns where the next marker stands. */
export function decodeLosslessScan(
  encoded: Uint8Array,
  from: number,
  scan: LosslessScan,
  samples: Uint8Array | Uint16Array,
): number {
  const { rows, columns, restartInterval } = scan;
  if (restartInterval % columns !== 0) throw pixelsError('a restart interval of no whole rows');
  const rowsPerRestart = restartInterval / columns;
  const bits = new JpegBits(encoded, from);
  for (let row = 0; row < rows; row += 1) {
    const isFirst = row === 0 || (rowsPerRestart > 0 && row % rowsPerRestart === 0);
    if (isFirst && row > 0) bits.restart();
    decodeRow(bits, scan, samples, row, isFirst);
    if (bits.isExhausted) throw pixelsError(`the JPEG stream ends in row ${row + 1} of ${rows}`);
  }
  if (scan.pointTransform > 0) shiftUp(samples, scan);
  return bits.nextMarkerAt();
}

/** Predicts from the left in the first row after a start, from above at the start of the others (H.1.2.1); modulo 2^16. */
function decodeRow(
  bits: JpegBits,
  { columns, samplesPerPixel: step, components, selection, precision, pointTransform }: LosslessScan,
  samples: Uint8Array | Uint16Array,
  row: number,
  isFirst: boolean,
): void {
  const start = row * columns * step;
  const above = columns * step;
  for (let column = 0; column < columns; column += 1) {
    for (const { index, table } of components) {
      const at = start + column * step + index;
      let predicted: number;
      if (column === 0) predicted = isFirst ? 1 << (precision - pointTransform - 1) : samples[at - above]!;
      else if (isFirst) predicted = samples[at - step]!;
      else
        predicted = predict(
          selection,
          samples[at - step]!,
          samples[at - above]!,
          samples[at - above - step]!,
        );
      samples[at] = predicted + bits.difference(table);
    }
  }
}

/** Table H.1: a left, b above, c above left. */
function predict(selection: number, a: number, b: number, c: number): number {
  switch (selection) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}

function shiftUp(samples: Uint8Array | Uint16Array, scan: LosslessScan): void {
  for (const { index } of scan.components) {
    for (let at = index; at < samples.length; at += scan.samplesPerPixel)
      samples[at]! <<= scan.pointTransform;
  }
}
