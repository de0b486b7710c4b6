import { BitHiveError } from '../../core/errors.ts';
import { type DecodedFrame, type Samples, storedValues } from '../../formats/dicom/index.ts';
import type { GreyImage } from './grey-image.ts';

/**
 * A grey image of 8 or 16 bits as its different samples and how often each occurs. A step that maps value to value (modality LUT, window,
 * inversion) then works on some thousand levels instead of some million pixels; the pixels are looked up once, when their places matter.
 */
export interface LevelImage {
  readonly rows: number;
  readonly columns: number;
  /** Samples as decoded, read as unsigned. */
  readonly pixels: Uint8Array | Uint16Array;
  /** The samples that occur, ascending. */
  readonly samples: Uint8Array | Uint16Array;
  /** How often each occurs. */
  readonly counts: Uint32Array;
  /** What each has become so far; to begin with its stored value. */
  readonly levels: Float32Array;
}

/** Throws BH_DICOM_ATTRIBUTE for colour and for samples that are not of 8 or 16 bits. */
export function levelImage(frame: DecodedFrame): LevelImage {
  const { rows, columns, samplesPerPixel, bitsAllocated } = frame;
  if (samplesPerPixel !== 1 || (bitsAllocated !== 8 && bitsAllocated !== 16))
    throw new BitHiveError(
      'BH_DICOM_ATTRIBUTE',
      `${samplesPerPixel} samples of ${bitsAllocated} bits per pixel; one of 8 or 16 is needed`,
    );
  const pixels = unsigned(frame.pixels, bitsAllocated).subarray(0, rows * columns);
  const { samples, counts } = distinct(pixels, 2 ** bitsAllocated);
  const levels = storedValues({ ...frame, rows: 1, columns: samples.length, pixels: samples });
  return { rows, columns, pixels, samples, counts, levels };
}

/** The same bytes, read as unsigned: what `storedValues` makes of a sample depends on its bits alone. */
function unsigned({ buffer, byteOffset, length }: Samples, bits: 8 | 16): Uint8Array | Uint16Array {
  return bits === 8
    ? new Uint8Array(buffer, byteOffset, length)
    : new Uint16Array(buffer, byteOffset, length);
}

export function greyImage({ rows, columns, pixels, samples, levels }: LevelImage): GreyImage {
  const levelOf = new Float32Array(65536);
  for (let at = 0; at < samples.length; at += 1) levelOf[samples[at]!] = levels[at]!;
  const values = new Float32Array(pixels.length);
  for (let at = 0; at < values.length; at += 1) values[at] = levelOf[pixels[at]!]!;
  return { rows, columns, values };
}

function distinct(
  pixels: Uint8Array | Uint16Array,
  samplesCount: number,
): { samples: Uint8Array | Uint16Array; counts: Uint32Array } {
  const all = new Uint32Array(samplesCount);
  for (let at = 0; at < pixels.length; at += 1) all[pixels[at]!]! += 1;
  const present: number[] = [];
  for (let sample = 0; sample < samplesCount; sample += 1) if (all[sample]! > 0) present.push(sample);
  const samples = samplesCount === 256 ? Uint8Array.from(present) : Uint16Array.from(present);
  return { samples, counts: Uint32Array.from(present, (sample) => all[sample]!) };
}
