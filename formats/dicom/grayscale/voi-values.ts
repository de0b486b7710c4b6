import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../dataset.ts';
import { tags } from '../tags.ts';
import { functionalGroup } from './functional-group.ts';
import { lookUp, lookupTable } from './lookup-table.ts';

/** PS3.3 C.11.2.1.2 and C.11.2.1.3. */
export interface VoiWindow {
  readonly centre: number;
  readonly width: number;
  readonly shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
}

/**
 * Modality units to 0..1 by the object's first window, or its VOI LUT, or stretched from the least to the greatest value where
 * it has neither. Throws BH_DICOM_ATTRIBUTE for a window or LUT that is none.
 */
export function voiValues(values: Float32Array, dataset: DicomDataset, frame = 0): Float32Array {
  const window = voiWindow(dataset, frame);
  if (window !== undefined) return values.map(windowFunction(window));
  const [lut] = dataset.sequence(tags.voiLutSequence);
  if (lut !== undefined) {
    const table = lookupTable(lut, tags.lutDescriptor, tags.lutData);
    const greatest = 2 ** table.bits - 1;
    return values.map((value) => lookUp(table, value) / greatest);
  }
  return stretch(values);
}

/** The first window of the frame; undefined when it has none. */
export function voiWindow(dataset: DicomDataset, frame = 0): VoiWindow | undefined {
  const group = functionalGroup(dataset, tags.frameVoiLutSequence, frame);
  const centre = group.number(tags.windowCenter);
  const width = group.number(tags.windowWidth);
  if (centre === undefined || width === undefined) return undefined;
  const shape = group.text(tags.voiLutFunction) ?? 'LINEAR';
  if (shape !== 'LINEAR' && shape !== 'LINEAR_EXACT' && shape !== 'SIGMOID') {
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', 'unknown VOI LUT Function (0028,1056)');
  }
  if (width <= 0 || (shape === 'LINEAR' && width < 1)) {
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', `Window Width (0028,1051) is ${width}`);
  }
  return { centre, width, shape };
}

/** From modality units to 0..1. */
export function windowFunction({ centre, width, shape }: VoiWindow): (value: number) => number {
  if (shape === 'SIGMOID') return (value) => 1 / (1 + Math.exp((-4 * (value - centre)) / width));
  const middle = shape === 'LINEAR' ? centre - 0.5 : centre;
  const span = shape === 'LINEAR' ? width - 1 : width;
  return (value) => {
    if (value <= middle - span / 2) return 0;
    return value > middle + span / 2 ? 1 : (value - middle) / span + 0.5;
  };
}

function stretch(values: Float32Array): Float32Array {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  const span = greatest - least;
  return values.map((value) => (span > 0 ? (value - least) / span : 0));
}
