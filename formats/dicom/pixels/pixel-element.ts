import type { DicomDataset } from '../dataset.ts';
import type { DicomElement } from '../element.ts';
import { tags } from '../tags.ts';

/** Pixel Data, Float Pixel Data or Double Float Pixel Data: an object has one of them (PS3.3 C.7.6.3, C.7.6.24, C.7.6.25). */
export function pixelElement(dataset: DicomDataset): DicomElement | undefined {
  return (
    dataset.get(tags.pixelData) ?? dataset.get(tags.floatPixelData) ?? dataset.get(tags.doubleFloatPixelData)
  );
}
