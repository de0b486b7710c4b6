import { BitWriter } from './bit-writer.ts';

export interface DctPlane {
  /** Row by row, in the component's own size. */
  readonly samples: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly horizontal: number;
  readonly vertical: number;
  readonly id: number;
}

export interface DctOptions {
  readonly rows: number;
  readonly columns: number;
  readonly precision: number;
  /** All coefficients are divided by it. */
  readonly step: number;
  /** MCUs between restart markers. */
  readonly restart?: number;
  /** Each component in a scan of its own. */
  readonly isApart?: boolean;
  /** Segments between SOI and the tables. */
  readonly extra?: readonly number[];
}

/**
 * A sequential JPEG encoder for tests (ITU-T T.81 F.1), in floating point: the transform by its definition, and tables in which all codes
 * are equally long, so that they need no statistics.
 */
export function encodeJpegDct(planes: readonly DctPlane[], options: DctOptions): Uint8Array {
  const { rows, columns, precision, step, restart = 0 } = options;
  const big = (n: number): number[] => [n >> 8, n & 255];
  const frame = planes.flatMap(({ id, horizontal, vertical }) => [id, (horizontal << 4) | vertical, 0]);
  const head = [
    [0xff, 0xd8, ...(options.extra ?? [])],
    // The 16-bit form of a quantisation table, which 12 bits may need.
    [0xff, 0xdb, ...big(2 + 129), 0x10, ...new Array<number[]>(64).fill(big(step)).flat()],
    [0xff, 0xc4, ...big(2 + 17 + 17), 0x00, ...lengths(5, 17), ...Array(17).keys()],
    [0xff, 0xc4, ...big(2 + 17 + acSymbols.length), 0x10, ...lengths(9, acSymbols.length), ...acSymbols],
    [0xff, precision === 8 ? 0xc0 : 0xc1, ...big(8 + frame.length), precision, ...big(rows), ...big(columns)],
    [planes.length, ...frame],
    ...(restart > 0 ? [[0xff, 0xdd, 0, 4, ...big(restart)]] : []),
  ].flat();
  const scans = options.isApart ? planes.map((plane) => [plane]) : [planes];
  const body = scans.flatMap((scan) => [
    ...[0xff, 0xda, ...big(6 + scan.length * 2), scan.length],
    ...scan.flatMap(({ id }) => [id, 0]),
    ...[0, 63, 0],
    ...encodeScan(scan, planes, options),
  ]);
  return Uint8Array.from([...head, ...body, 0xff, 0xd9]);
}

const lengths = (length: number, count: number): number[] =>
  Array.from({ length: 16 }, (_, i) => (i + 1 === length ? count : 0));
/** End of block, sixteen zeros, and each run with each category. */
const acSymbols = [
  0,
  0xf0,
  ...Array.from({ length: 240 }, (_, i) => (Math.floor(i / 15) << 4) | ((i % 15) + 1)),
];
const acCode = new Map(acSymbols.map((symbol, code) => [symbol, code]));

function encodeScan(
  scan: readonly DctPlane[],
  all: readonly DctPlane[],
  { rows, columns, precision, step, restart = 0 }: DctOptions,
): readonly number[] {
  const bits = new BitWriter();
  const [only] = scan;
  const isAlone = scan.length === 1 && only !== undefined;
  const across = Math.max(...all.map(({ horizontal }) => horizontal));
  const down = Math.max(...all.map(({ vertical }) => vertical));
  const mcuColumns = isAlone ? Math.ceil(only.columns / 8) : Math.ceil(columns / (8 * across));
  const mcuRows = isAlone ? Math.ceil(only.rows / 8) : Math.ceil(rows / (8 * down));
  const predicted = scan.map(() => 0);
  for (let mcu = 0; mcu < mcuRows * mcuColumns; mcu += 1) {
    if (restart > 0 && mcu > 0 && mcu % restart === 0) {
      bits.marker(0xd0 + ((mcu / restart - 1) % 8));
      predicted.fill(0);
    }
    for (const [i, plane] of scan.entries()) {
      const [h, v] = isAlone ? [1, 1] : [plane.horizontal, plane.vertical];
      for (let k = 0; k < h * v; k += 1) {
        const x = (mcu % mcuColumns) * h + (k % h);
        const y = Math.floor(mcu / mcuColumns) * v + Math.floor(k / h);
        predicted[i] = encodeBlock(bits, coefficients(plane, x * 8, y * 8, precision, step), predicted[i]!);
      }
    }
  }
  return bits.finish();
}

/** Beyond its edges the last sample goes on. */
function coefficients(plane: DctPlane, x0: number, y0: number, precision: number, step: number): number[] {
  const { samples, rows, columns } = plane;
  const value = (x: number, y: number): number =>
    samples[Math.min(y0 + y, rows - 1) * columns + Math.min(x0 + x, columns - 1)]! - 2 ** (precision - 1);
  return zigzag.map((at) => {
    const [u, v] = [at % 8, Math.floor(at / 8)];
    let sum = 0;
    for (let y = 0; y < 8; y += 1) {
      for (let x = 0; x < 8; x += 1) sum += value(x, y) * cosine[u]![x]! * cosine[v]![y]!;
    }
    return Math.round(sum / 4 / step);
  });
}

const cosine = Array.from({ length: 8 }, (_, u) =>
  Array.from(
    { length: 8 },
    (_, x) => (u === 0 ? Math.SQRT1_2 : 1) * Math.cos(((2 * x + 1) * u * Math.PI) / 16),
  ),
);
/** Along diagonals, up and down by turns. */
const zigzag = Array.from({ length: 64 }, (_, at) => at).sort((a, b) => {
  const [da, db] = [(a >> 3) + (a & 7), (b >> 3) + (b & 7)];
  return da - db || (da % 2 === 0 ? (a & 7) - (b & 7) : (a >> 3) - (b >> 3));
});

function encodeBlock(bits: BitWriter, block: readonly number[], predicted: number): number {
  const difference = block[0]! - predicted;
  const category = categoryOf(difference);
  bits.write(category, 5);
  writeValue(bits, difference, category);
  let run = 0;
  for (const value of block.slice(1)) {
    if (value === 0) {
      run += 1;
      continue;
    }
    for (; run > 15; run -= 16) bits.write(acCode.get(0xf0)!, 9);
    bits.write(acCode.get((run << 4) | categoryOf(value))!, 9);
    writeValue(bits, value, categoryOf(value));
    run = 0;
  }
  if (run > 0) bits.write(acCode.get(0)!, 9);
  return block[0]!;
}

const categoryOf = (value: number): number => 32 - Math.clz32(Math.abs(value));

function writeValue(bits: BitWriter, value: number, category: number): void {
  if (category > 0) bits.write(value > 0 ? value : value + (1 << category) - 1, category);
}
