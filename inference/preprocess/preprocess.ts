import { BitHiveError } from '../../core/errors.ts';
import {
  type DecodedFrame,
  type DicomDataset,
  modalityValues,
  storedValues,
  voiValues,
} from '../../formats/dicom/index.ts';
import { areaMean } from './area-mean.ts';
import { centreSquare } from './centre-square.ts';
import type { GreyImage } from './grey-image.ts';
import type { PreprocessStep } from './preprocess-step.ts';

export interface Preprocessed {
  /** What the model gets. */
  readonly tensor: Float32Array;
  /** All of the image in grey levels, before it was cut or resized; for the guard. */
  readonly full: GreyImage;
  /** The model's input in grey levels, before `scale` and `normalise`; for the guard. */
  readonly input: GreyImage;
}

/** Runs a manifest's steps over one frame. Throws BH_DICOM_PIXELS or BH_DICOM_ATTRIBUTE where a LUT or window is none. */
export function preprocess(
  dataset: DicomDataset,
  frame: DecodedFrame,
  steps: readonly PreprocessStep[],
): Preprocessed {
  let image = storedImage(frame);
  let full = image;
  let input = image;
  for (const step of steps) {
    image = applyStep(image, step, dataset, frame);
    if (step.step === 'modality-lut' || step.step === 'voi' || step.step === 'monochrome1-invert')
      full = image;
    if (step.step !== 'scale' && step.step !== 'normalise') input = image;
  }
  return { tensor: image.values, full, input };
}

function applyStep(
  image: GreyImage,
  step: PreprocessStep,
  dataset: DicomDataset,
  frame: DecodedFrame,
): GreyImage {
  switch (step.step) {
    case 'modality-lut':
      return { ...image, values: modalityValues(image.values, dataset) };
    case 'voi':
      return { ...image, values: voiValues(image.values, dataset) };
    case 'monochrome1-invert':
      return frame.photometric === 'MONOCHROME1' ? mapped(image, (value) => 1 - value) : image;
    case 'centre-square':
      return centreSquare(image);
    case 'area-mean':
      return areaMean(image, step.rows, step.columns);
    case 'scale':
      return mapped(image, (value) => step.low + value * (step.high - step.low));
    case 'normalise':
      return mapped(image, (value) => (value - step.mean) / step.standardDeviation);
  }
}

function storedImage(frame: DecodedFrame): GreyImage {
  const { rows, columns, samplesPerPixel } = frame;
  if (samplesPerPixel !== 1)
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${samplesPerPixel} samples per pixel are no grey image`);
  return { rows, columns, values: storedValues(frame) };
}

function mapped(image: GreyImage, change: (value: number) => number): GreyImage {
  return { ...image, values: image.values.map(change) };
}
