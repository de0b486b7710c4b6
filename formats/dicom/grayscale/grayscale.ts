import type { DicomDataset } from '../dataset.ts';
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import { luminance } from './luminance.ts';
import { modalityValues } from './modality-values.ts';
import { storedValues } from './stored-values.ts';
import { voiValues } from './voi-values.ts';

/**
 * The image that a viewer would show, as one number per pixel from 0 (dark) to 1 (bright): modality LUT, VOI, MONOCHROME1
 * turned round (PS3.4 N.2); of a colour image its luminance. `frameIndex` picks the frame's own functional groups.
 */
export function grayscale(dataset: DicomDataset, frame: DecodedFrame, frameIndex = 0): Float32Array {
  if (frame.samplesPerPixel > 1 || frame.photometric === 'PALETTE COLOR') return luminance(dataset, frame);
  const values = voiValues(modalityValues(storedValues(frame), dataset, frameIndex), dataset, frameIndex);
  return frame.photometric === 'MONOCHROME1' ? values.map((value) => 1 - value) : values;
}
