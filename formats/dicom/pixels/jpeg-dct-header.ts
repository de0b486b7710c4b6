import { pixelsError } from './pixels-error.ts';

/** One component of a frame (ITU-T T.81 B.2.2), with room for all its blocks. */
export interface DctComponent {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
  readonly quantization: number;
  /** Its own size in samples: smaller than the image where it is subsampled (A.1.1). */
  readonly columns: number;
  readonly rows: number;
  /** Samples of a row of `samples`: whole blocks of whole MCUs. */
  readonly stride: number;
  readonly samples: Uint8Array | Uint16Array;
}

export interface DctFrame {
  readonly rows: number;
  readonly columns: number;
  readonly precision: number;
  readonly horizontalMax: number;
  readonly verticalMax: number;
  readonly components: readonly DctComponent[];
}

/** `body` of SOF0 or SOF1, whose size was held against the object. Throws BH_DICOM_PIXELS. */
export function readDctFrame(body: Uint8Array): DctFrame {
  const precision = body[0]!;
  const rows = body[1]! * 256 + body[2]!;
  const columns = body[3]! * 256 + body[4]!;
  const count = body[5]!;
  if (body.length < 6 + count * 3) throw pixelsError('the JPEG frame header is cut off');
  const factors = Array.from({ length: count }, (_, i) => ({
    id: body[6 + i * 3]!,
    horizontal: body[7 + i * 3]! >> 4,
    vertical: body[7 + i * 3]! & 0xf,
    quantization: body[8 + i * 3]!,
  }));
  const isImpossible = ({ horizontal, vertical, quantization }: (typeof factors)[0]): boolean =>
    horizontal < 1 || horizontal > 4 || vertical < 1 || vertical > 4 || quantization > 3;
  if (factors.some(isImpossible)) throw pixelsError('impossible sampling factors');
  const horizontalMax = Math.max(...factors.map(({ horizontal }) => horizontal));
  const verticalMax = Math.max(...factors.map(({ vertical }) => vertical));
  const mcuColumns = Math.ceil(columns / (8 * horizontalMax));
  const mcuRows = Math.ceil(rows / (8 * verticalMax));
  const components = factors.map((factor) => {
    const { horizontal, vertical } = factor;
    if (horizontalMax % horizontal !== 0 || verticalMax % vertical !== 0) {
      throw pixelsError('sampling factors that do not divide each other');
    }
    const stride = mcuColumns * horizontal * 8;
    const length = stride * mcuRows * vertical * 8;
    return {
      ...factor,
      columns: Math.ceil((columns * horizontal) / horizontalMax),
      rows: Math.ceil((rows * vertical) / verticalMax),
      stride,
      samples: precision > 8 ? new Uint16Array(length) : new Uint8Array(length),
    };
  });
  return { rows, columns, precision, horizontalMax, verticalMax, components };
}

/** Quantisation tables by destination, in the order of the scan (B.2.4.1). Throws BH_DICOM_PIXELS. */
export function readQuantization(body: Uint8Array, tables: Int32Array[]): void {
  let at = 0;
  while (at < body.length) {
    const width = body[at]! >> 4 === 0 ? 1 : 2;
    const destination = body[at]! & 0xf;
    if (body[at]! >> 4 > 1 || destination > 3 || at + 1 + 64 * width > body.length) {
      throw pixelsError('the quantisation table is impossible');
    }
    const from = at + 1;
    tables[destination] = Int32Array.from({ length: 64 }, (_, i) =>
      width === 1 ? body[from + i]! : body[from + i * 2]! * 256 + body[from + i * 2 + 1]!,
    );
    at = from + 64 * width;
  }
}
