/** Samples as they were encoded: no LUT applied, bits above `bitsStored` and the sign not touched. */
export type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export interface DecodedFrame {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** 1: eight pixels per byte, the first in the lowest bit; the frame begins at a byte. */
  readonly bitsAllocated: 1 | 8 | 16 | 32 | 64;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** True: all samples of one colour, then of the next. False: the samples of a pixel lie together. */
  readonly planar: boolean;
  /** As in the object, but RGB where the codec undid its colour transform. */
  readonly photometric: string;
  readonly pixels: Samples;
}
