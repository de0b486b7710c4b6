import { BitHiveError } from '../../core/errors.ts';
import { type DecodedFrame, type DicomDataset, tags } from '../../formats/dicom/index.ts';
import type { GreyImage } from './grey-image.ts';

/** The samples as stored values: shifted from the high bit, masked to the bits stored, sign extended (PS3.5 8.1.1). */
export function storedValues(frame: DecodedFrame): GreyImage {
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored, highBit, signed, pixels } = frame;
  if (samplesPerPixel !== 1 || bitsAllocated === 1)
    throw new BitHiveError(
      'BH_DICOM_PIXELS',
      `${samplesPerPixel} samples of ${bitsAllocated} bits are no grey image`,
    );
  const values = Float32Array.from(pixels);
  const isWhole =
    bitsStored === bitsAllocated || pixels instanceof Float32Array || pixels instanceof Float64Array;
  if (!isWhole && bitsAllocated <= 16) {
    const drop = highBit + 1 - bitsStored;
    const fill = 32 - bitsStored;
    for (let at = 0; at < values.length; at += 1) {
      const left = (values[at]! >> drop) << fill;
      values[at] = signed ? left >> fill : left >>> fill;
    }
  }
  return { rows, columns, values };
}

/** Stored values to modality units by slope and intercept (PS3.3 C.11.1.1.2). */
export function modalityValues(image: GreyImage, dataset: DicomDataset): GreyImage {
  const slope = dataset.number(tags.rescaleSlope) ?? 1;
  const intercept = dataset.number(tags.rescaleIntercept) ?? 0;
  if (slope === 1 && intercept === 0) return image;
  return { ...image, values: image.values.map((value) => value * slope + intercept) };
}

/** Modality units to 0..1 by the first window (PS3.3 C.11.2.1.2, C.11.2.1.3); with none, from the least value to the greatest. */
export function voiValues(image: GreyImage, dataset: DicomDataset): GreyImage {
  const centre = dataset.number(tags.windowCenter);
  const width = dataset.number(tags.windowWidth);
  const curve =
    centre === undefined || width === undefined
      ? stretch(image.values)
      : windowCurve(dataset.text(tags.voiLutFunction) ?? 'LINEAR', centre, width);
  return { ...image, values: image.values.map((value) => Math.min(1, Math.max(0, curve(value)))) };
}

type Curve = (value: number) => number;

function windowCurve(name: string, centre: number, width: number): Curve {
  if (name === 'SIGMOID' && width > 0) return (value) => 1 / (1 + Math.exp((-4 * (value - centre)) / width));
  if (name === 'LINEAR_EXACT' && width > 0) return (value) => (value - centre) / width + 0.5;
  if (name === 'LINEAR' && width > 1) return (value) => (value - (centre - 0.5)) / (width - 1) + 0.5;
  if (name === 'LINEAR' && width === 1) return (value) => (value <= centre - 0.5 ? 0 : 1);
  throw new BitHiveError('BH_DICOM_ATTRIBUTE', `a window of width ${width} with function ${name}`);
}

function stretch(values: Float32Array): Curve {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return greatest > least ? (value) => (value - least) / (greatest - least) : () => 0;
}
