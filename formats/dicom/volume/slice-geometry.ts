import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../dataset.ts';
import { functionalGroup } from '../grayscale/functional-group.ts';
import { frameGeometry } from '../pixels/geometry.ts';
import { tags } from '../tags.ts';
import { dot, length, type Vector } from './vector.ts';

/** Where one frame lies in the patient (PS3.3 C.7.6.2). */
export interface SliceGeometry {
  readonly rows: number;
  readonly columns: number;
  /** Of the centre of the first pixel. */
  readonly position: Vector;
  /** Along a row, in the direction of growing column; of length 1. */
  readonly across: Vector;
  /** Along a column, in the direction of growing row; of length 1. */
  readonly down: Vector;
  /** Millimetres between the centres of neighbours in a row. */
  readonly columnSpacing: number;
  /** Millimetres between rows. */
  readonly rowSpacing: number;
  readonly frameOfReferenceUid: string;
}

/** Of unit length, and at right angles, within what 16 characters of a decimal string and careless writers leave. */
const directionTolerance = 1e-3;

/**
 * The geometry of a frame, counted from 0: from its own functional groups, the shared ones, or the object. Throws BH_DICOM_GEOMETRY when the
 * object does not say where it lies.
 */
export function sliceGeometry(dataset: DicomDataset, frame = 0): SliceGeometry {
  const { rows, columns } = frameGeometry(dataset);
  const position = numbers(dataset, tags.planePositionSequence, tags.imagePosition, frame, 3);
  const orientation = numbers(dataset, tags.planeOrientationSequence, tags.imageOrientation, frame, 6);
  const [rowSpacing = 0, columnSpacing = 0] = numbers(
    dataset,
    tags.pixelMeasuresSequence,
    tags.pixelSpacing,
    frame,
    2,
  );
  const across = orientation.slice(0, 3) as unknown as Vector;
  const down = orientation.slice(3) as unknown as Vector;
  const isSquare =
    Math.abs(length(across) - 1) < directionTolerance &&
    Math.abs(length(down) - 1) < directionTolerance &&
    Math.abs(dot(across, down)) < directionTolerance;
  if (!isSquare) throw geometryError('Image Orientation (0020,0037) is not two directions at right angles');
  if (!(rowSpacing > 0 && columnSpacing > 0)) {
    throw geometryError(`Pixel Spacing (0028,0030) is ${rowSpacing} x ${columnSpacing}`);
  }
  return {
    rows,
    columns,
    position: position as unknown as Vector,
    across,
    down,
    columnSpacing,
    rowSpacing,
    frameOfReferenceUid: dataset.text(tags.frameOfReferenceUid) ?? '',
  };
}

function numbers(
  dataset: DicomDataset,
  macro: number,
  tag: number,
  frame: number,
  count: number,
): readonly number[] {
  const found = functionalGroup(dataset, macro, frame).numbers(tag);
  if (found.length === count) return found;
  throw geometryError(`frame ${frame + 1} does not say where it lies`);
}

export const geometryError = (detail: string): BitHiveError => new BitHiveError('BH_DICOM_GEOMETRY', detail);
