import type { DctComponent, DctFrame } from './jpeg-dct-header.ts';
import { type HuffmanTable, JpegBits } from './jpeg-huffman.ts';
import { InverseDct } from './jpeg-idct.ts';
import type { HuffmanTables } from './jpeg-segments.ts';
import { pixelsError } from './pixels-error.ts';

/** Position in the block of the coefficient that comes k-th (ITU-T T.81 A.3.6). */
// biome-ignore format: the zigzag.
const naturalOrder = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
);

export interface DctTables extends HuffmanTables {
  readonly quantization: Int32Array[];
  /** MCUs between restart markers; 0 for none. */
  restartInterval: number;
}

interface ScanComponent {
  readonly component: DctComponent;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  readonly quantization: Int32Array;
  /** Blocks of the component in one MCU. */
  readonly across: number;
  readonly down: number;
  predicted: number;
}

/** Decodes one scan from `from` on into the samples of its components, and returns where the next marker stands. Throws BH_DICOM_PIXELS. */
export function decodeDctScan(
  encoded: Uint8Array,
  from: number,
  frame: DctFrame,
  components: readonly ScanComponent[],
  restartInterval: number,
): number {
  const bits = new JpegBits(encoded, from);
  const inverse = new InverseDct(frame.precision);
  const block = new Int32Array(64);
  const { mcuRows, mcuColumns } = scanSize(frame, components);
  let untilRestart = restartInterval;
  for (let row = 0; row < mcuRows; row += 1) {
    for (let column = 0; column < mcuColumns; column += 1) {
      if (restartInterval > 0 && untilRestart === 0) {
        bits.restart();
        for (const one of components) one.predicted = 0;
        untilRestart = restartInterval;
      }
      untilRestart -= 1;
      for (const one of components) decodeUnit(bits, inverse, block, one, row, column);
    }
    if (bits.isExhausted) throw pixelsError(`the JPEG stream ends in row ${row + 1} of ${mcuRows} of blocks`);
  }
  return bits.nextMarkerAt();
}

/** A scan of one component has one block in an MCU, and only as many as its own samples need (A.2.2). */
function scanSize(frame: DctFrame, components: readonly ScanComponent[]) {
  const [only] = components;
  if (only !== undefined && components.length === 1) {
    const { rows, columns } = only.component;
    return { mcuRows: Math.ceil(rows / 8), mcuColumns: Math.ceil(columns / 8) };
  }
  return {
    mcuRows: Math.ceil(frame.rows / (8 * frame.verticalMax)),
    mcuColumns: Math.ceil(frame.columns / (8 * frame.horizontalMax)),
  };
}

/** The blocks of one component in one MCU. */
function decodeUnit(
  bits: JpegBits,
  inverse: InverseDct,
  block: Int32Array,
  one: ScanComponent,
  row: number,
  column: number,
): void {
  const { component, across, down } = one;
  for (let y = 0; y < down; y += 1) {
    for (let x = 0; x < across; x += 1) {
      const at = (row * down + y) * 8 * component.stride + (column * across + x) * 8;
      if (decodeBlock(bits, block, one)) inverse.transform(block, component.samples, at, component.stride);
      else inverse.flat(block[0]!, component.samples, at, component.stride);
    }
  }
}

/** One block of coefficients, dequantised (F.2.2). False when all but the first are zero: then only the first was written. */
function decodeBlock(bits: JpegBits, block: Int32Array, one: ScanComponent): boolean {
  const { ac, quantization } = one;
  one.predicted += bits.difference(one.dc);
  let isCleared = false;
  for (let k = 1; k < 64; k += 1) {
    const value = bits.value(ac);
    const category = value & 0xf;
    if (category === 0) {
      if (value !== 0xf0) break;
      k += 15;
      continue;
    }
    if (!isCleared) block.fill(0);
    isCleared = true;
    k += value >> 4;
    if (k > 63) throw pixelsError('a block of more than 64 coefficients');
    block[naturalOrder[k]!] = bits.extended(category) * quantization[k]!;
  }
  block[0] = one.predicted * quantization[0]!;
  return isCleared;
}

/** B.2.3: which components the scan has, and their tables. Only the whole range of coefficients at once: that is what sequential means. */
export function readDctScan(body: Uint8Array, frame: DctFrame, tables: DctTables): readonly ScanComponent[] {
  const count = body[0] ?? 0;
  if (count < 1 || count > 4 || body.length < 4 + count * 2)
    throw pixelsError('the scan header is impossible');
  return Array.from({ length: count }, (_, i) => {
    const component = frame.components.find(({ id }) => id === body[1 + i * 2]);
    const selectors = body[2 + i * 2]!;
    const dc = tables.dc[selectors >> 4];
    const ac = tables.ac[selectors & 0xf];
    const quantization = component && tables.quantization[component.quantization];
    if (component === undefined || dc === undefined || ac === undefined || quantization === undefined) {
      throw pixelsError('a scan names a component or table that is not there');
    }
    const isAlone = count === 1;
    const [across, down] = isAlone ? [1, 1] : [component.horizontal, component.vertical];
    return { component, dc, ac, quantization, across, down, predicted: 0 };
  });
}
