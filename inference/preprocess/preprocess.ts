import {
  type DecodedFrame,
  type DicomDataset,
  modalityValues,
  voiValues,
} from '../../formats/dicom/index.ts';
import { areaMean } from './area-mean.ts';
import { centreSquare } from './centre-square.ts';
import type { GreyImage } from './grey-image.ts';
import { greyImage, type LevelImage, levelImage } from './level-image.ts';
import { isPointStep, type PointStep, type PreprocessStep } from './preprocess-step.ts';

export interface Preprocessed {
  /** What the model gets. */
  readonly tensor: Float32Array;
  /** Grey levels of the whole image before it was cut or resized, and how often each occurs; for the guard. */
  readonly full: Pick<LevelImage, 'levels' | 'counts'>;
  /** The model's input in grey levels, before `scale` and `normalise`; for the guard. */
  readonly input: GreyImage;
  /** The part of the image that `input` shows, in its own pixels. */
  readonly window: ImageWindow;
}

export interface ImageWindow {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Runs a manifest's steps over one frame: first those that map level to level, then those that move pixels. Throws BH_DICOM_ATTRIBUTE where a LUT
 * or window is none, or the frame is not grey.
 */
export function preprocess(
  dataset: DicomDataset,
  frame: DecodedFrame,
  steps: readonly PreprocessStep[],
): Preprocessed {
  let full = levelImage(frame);
  for (const step of steps) if (isPointStep(step)) full = applyPoint(full, step, dataset, frame);
  let image = greyImage(full);
  let input = image;
  let window: ImageWindow = { top: 0, left: 0, rows: image.rows, columns: image.columns };
  for (const step of steps) {
    if (isPointStep(step)) continue;
    if (step.step === 'centre-square') window = centred(window, image);
    image = applyPlace(image, step);
    if (step.step === 'centre-square' || step.step === 'area-mean') input = image;
  }
  return { tensor: image.values, full, input, window };
}

/** The middle square of what `image` shows; `image` may be resized already. */
function centred(window: ImageWindow, { rows, columns }: GreyImage): ImageWindow {
  const side = Math.min(rows, columns);
  const [perRow, perColumn] = [window.rows / rows, window.columns / columns];
  return {
    top: window.top + ((rows - side) >> 1) * perRow,
    left: window.left + ((columns - side) >> 1) * perColumn,
    rows: side * perRow,
    columns: side * perColumn,
  };
}

function applyPoint(
  image: LevelImage,
  step: PointStep,
  dataset: DicomDataset,
  frame: DecodedFrame,
): LevelImage {
  const { levels } = image;
  switch (step.step) {
    case 'modality-lut':
      return { ...image, levels: modalityValues(levels, dataset) };
    case 'voi':
      return { ...image, levels: voiValues(levels, dataset) };
    case 'monochrome1-invert':
      return frame.photometric === 'MONOCHROME1'
        ? { ...image, levels: levels.map((level) => 1 - level) }
        : image;
  }
}

function applyPlace(image: GreyImage, step: Exclude<PreprocessStep, PointStep>): GreyImage {
  switch (step.step) {
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

function mapped(image: GreyImage, change: (value: number) => number): GreyImage {
  return { ...image, values: image.values.map(change) };
}
