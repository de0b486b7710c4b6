import type { DctComponent, DctFrame } from './jpeg-dct-header.ts';
import { upsampledRow } from './jpeg-upsample.ts';

/** What a stream says of its own colours. */
export interface JpegColourMarks {
  /** APP0 of JFIF. */
  isJfif: boolean;
  /** The transform of APP14 of Adobe: 0 none, 1 YCbCr. */
  adobeTransform: number | undefined;
}

/**
 * Whether three components are YCbCr. The stream decides where it says so, since many writers leave RGB in the object of a stream that they
 * converted; PS3.5 8.2.1 makes the characteristics of the stream prevail. Where it says nothing, Photometric Interpretation does,
 * and colours that are sampled more coarsely can only be chrominance.
 */
export function isYbr(frame: DctFrame, marks: JpegColourMarks, photometric: string): boolean {
  if (frame.components.length !== 3) return false;
  if (marks.adobeTransform !== undefined) return marks.adobeTransform === 1;
  if (marks.isJfif) return true;
  const letters = String.fromCharCode(...frame.components.map(({ id }) => id)).toUpperCase();
  if (letters === 'RGB') return false;
  return photometric.startsWith('YBR') || frame.horizontalMax > 1 || frame.verticalMax > 1;
}

/** Reads what APPn segments say. */
export function readColourMarks(marker: number, body: Uint8Array, marks: JpegColourMarks): void {
  const name = String.fromCharCode(...body.subarray(0, 5));
  if (marker === 0xe0 && name === 'JFIF\0') marks.isJfif = true;
  if (marker === 0xee && name === 'Adobe' && body.length >= 12) marks.adobeTransform = body[11];
}

/** All components as samples by pixel, subsampled ones spread out; RGB when they are YCbCr. */
export function interleaved(frame: DctFrame, isConverted: boolean, out: Uint8Array | Uint16Array): void {
  const { components, rows, columns } = frame;
  const count = components.length;
  const lines = components.map(({ samples }) =>
    samples instanceof Uint16Array ? new Uint16Array(columns + 8) : new Uint8Array(columns + 8),
  );
  const convert = ybrToRgb(frame.precision);
  for (let row = 0; row < rows; row += 1) {
    const read = components.map((component, i) => line(frame, component, row, lines[i]!));
    const at = row * columns * count;
    if (isConverted) convert(read, columns, out, at);
    else
      for (let i = 0; i < count; i += 1) {
        const from = read[i]!;
        for (let column = 0, to = at + i; column < columns; column += 1, to += count) out[to] = from[column]!;
      }
  }
}

type Line = Uint8Array | Uint16Array;

function line(frame: DctFrame, component: DctComponent, row: number, scratch: Line): Line {
  const isWhole = component.horizontal === frame.horizontalMax && component.vertical === frame.verticalMax;
  if (isWhole)
    return component.samples.subarray(row * component.stride, row * component.stride + frame.columns);
  return upsampledRow(frame, component, row, scratch);
}

/**
 * ITU-R BT.601 at full range (PS3.3 C.7.6.3.1.2), in fixed point of 16 bits, rounded as the Independent JPEG Group does: the two terms of
 * green are added before they are rounded.
 */
function ybrToRgb(precision: number) {
  const levels = 1 << precision;
  const greatest = levels - 1;
  const centre = levels >> 1;
  const half = 32768;
  const red = Int32Array.from({ length: levels }, (_, i) =>
    Math.floor((91881 * (i - centre) + half) / 65536),
  );
  const blue = Int32Array.from({ length: levels }, (_, i) =>
    Math.floor((116130 * (i - centre) + half) / 65536),
  );
  const clamp = (value: number): number => Math.min(Math.max(value, 0), greatest);
  return ([y, cb, cr]: readonly Line[], columns: number, out: Line, from: number): void => {
    if (y === undefined || cb === undefined || cr === undefined) return;
    for (let column = 0, to = from; column < columns; column += 1, to += 3) {
      const luma = y[column]!;
      const b = cb[column]!;
      const r = cr[column]!;
      const green = (-22554 * (b - centre) - 46802 * (r - centre) + half) >> 16;
      out[to] = clamp(luma + red[r]!);
      out[to + 1] = clamp(luma + green);
      out[to + 2] = clamp(luma + blue[b]!);
    }
  };
}
