import type { DicomDataset } from '../dataset.ts';
import { grayscale } from '../grayscale/grayscale.ts';
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import { colourSamples } from './colour-samples.ts';

/** An image as a screen shows it: 8 bits, one sample or three to a pixel, row by row. */
export interface DisplayImage {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array | Uint8ClampedArray;
}

/**
 * What a viewer would show of a frame: grey through modality LUT, VOI and MONOCHROME1, colour as RGB. `frameIndex` picks the frame's own
 * functional groups. Throws BH_DICOM_ATTRIBUTE for a LUT or window that is none.
 */
export function displayImage(dataset: DicomDataset, frame: DecodedFrame, frameIndex = 0): DisplayImage {
  const { rows, columns } = frame;
  if (frame.samplesPerPixel > 1 || frame.photometric === 'PALETTE COLOR') {
    return { rows, columns, channels: 3, pixels: colourSamples(dataset, frame) };
  }
  const values = grayscale(dataset, frame, frameIndex);
  return { rows, columns, channels: 1, pixels: Uint8ClampedArray.from(values, (value) => value * 255) };
}
