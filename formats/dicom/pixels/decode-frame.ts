import type { DicomDataset } from '../dataset.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import { openLoadedPixels } from './open-pixels.ts';

/** Decodes one frame, counted from 0, of an object read with `readDataset`. Time and errors as of `openPixels`. */
export async function decodeFrame(dataset: DicomDataset, frame = 0): Promise<DecodedFrame> {
  return (await openLoadedPixels(dataset)).frame(frame);
}
