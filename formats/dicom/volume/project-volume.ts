import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { DisplayImage } from '../display/display-image.ts';
import { type VoiWindow, windowFunction } from '../grayscale/voi-values.ts';
import { volumeSampler } from './sample-volume.ts';
import { add, scale, type Vector } from './vector.ts';
import type { Volume } from './volume.ts';

export type Plane = 'axial' | 'coronal' | 'sagittal';

export interface ProjectionOptions {
  readonly plane: Plane;
  /** `mip`: the greatest value along each ray through the volume. `mpr`: one plane. */
  readonly mode: 'mip' | 'mpr';
  /** Patient coordinate of the plane of an `mpr` along its normal, millimetres; the middle when left out. */
  readonly at?: number;
  /** In place of the object's own. */
  readonly window?: VoiWindow;
}

export interface Projection {
  readonly image: DisplayImage;
  /** Millimetres between pixels, the same in both directions: the image has the patient's proportions. */
  readonly spacing: number;
  /** Patient coordinate of the plane; of a `mip` the middle of the volume. */
  readonly at: number;
}

/**
 * How each plane looks on a screen (PS3.3 C.7.6.1.1.1): right and down as directions of the patient, and the axis that it looks along. Axial as
 * seen from the feet, coronal from the front, sagittal from the left.
 */
const views: Readonly<
  Record<Plane, { readonly right: Vector; readonly down: Vector; readonly axis: 0 | 1 | 2 }>
> = {
  axial: { right: [1, 0, 0], down: [0, 1, 0], axis: 2 },
  coronal: { right: [1, 0, 0], down: [0, 0, -1], axis: 1 },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1], axis: 0 },
};

/** A maximum-intensity or multiplanar image of a volume. Throws BH_DICOM_GEOMETRY when `at` lies outside the volume. */
export function projectVolume(volume: Volume, options: ProjectionOptions): Projection {
  const { right, down, axis } = views[options.plane];
  const box = boundingBox(volume);
  const [rightAxis, downAxis] = [axisOf(right), axisOf(down)];
  const spacing = spacingOf(volume, box.size[rightAxis], box.size[downAxis]);
  const columns = Math.max(1, Math.round(box.size[rightAxis] / spacing));
  const rows = Math.max(1, Math.round(box.size[downAxis] / spacing));
  const middle = box.least[axis] + box.size[axis] / 2;
  const at = options.at ?? middle;
  if (at < box.least[axis] || at > box.least[axis] + box.size[axis]) {
    const [from, to] = [box.least[axis].toFixed(1), (box.least[axis] + box.size[axis]).toFixed(1)];
    throw new BitHiveError(
      'BH_DICOM_GEOMETRY',
      `the volume reaches from ${from} to ${to} mm along this axis, not to ${at}`,
    );
  }
  const corner = cornerOf(box, right, down, spacing);
  const depths = options.mode === 'mpr' ? [at] : depthsOf(box.least[axis], box.size[axis], spacing);
  const values = cast(volume, { corner, right, down, axis, spacing, rows, columns, depths });
  const pixels = toGrey(values, options.window ?? volume.window, volume.isInverted);
  return { image: { rows, columns, channels: 1, pixels }, spacing, at };
}

type Triple = [number, number, number];
interface Box {
  readonly least: Triple;
  readonly size: Triple;
}

/** Of all voxels with their extent, along the axes of the patient. */
function boundingBox({ stack, rows, columns }: Volume): Box {
  const least: Triple = [Infinity, Infinity, Infinity];
  const greatest: Triple = [-Infinity, -Infinity, -Infinity];
  const half = scale(stack.normal, stack.spacing / 2);
  for (const { geometry } of [stack.slices[0]!, stack.slices.at(-1)!]) {
    const { position, across, down, columnSpacing, rowSpacing } = geometry;
    for (const x of [-0.5, columns - 0.5]) {
      for (const y of [-0.5, rows - 0.5]) {
        const point = add(add(position, scale(across, x * columnSpacing)), scale(down, y * rowSpacing));
        for (const corner of [add(point, half), add(point, scale(half, -1))]) {
          for (const k of [0, 1, 2] as const) {
            least[k] = Math.min(least[k], corner[k]);
            greatest[k] = Math.max(greatest[k], corner[k]);
          }
        }
      }
    }
  }
  return { least, size: [greatest[0] - least[0], greatest[1] - least[1], greatest[2] - least[2]] };
}

const axisOf = (direction: Vector): 0 | 1 | 2 => (direction[0] !== 0 ? 0 : direction[1] !== 0 ? 1 : 2);

/** The finest of the volume, but never more pixels than the limit. */
function spacingOf(volume: Volume, width: number, height: number): number {
  const { columnSpacing, rowSpacing } = volume.stack.slices[0]!.geometry;
  const finest = Math.min(columnSpacing, rowSpacing, volume.stack.spacing);
  return Math.max(finest, Math.max(width, height) / limits.dicomProjectionSideMax);
}

/** Centre of the first pixel, in the two directions of the image. */
function cornerOf({ least, size }: Box, right: Vector, down: Vector, spacing: number): Vector {
  const start = [0, 1, 2].map((k) => {
    const direction = right[k]! + down[k]!;
    if (direction === 0) return 0;
    return direction > 0 ? least[k]! + spacing / 2 : least[k]! + size[k]! - spacing / 2;
  });
  return start as unknown as Vector;
}

function depthsOf(least: number, size: number, spacing: number): readonly number[] {
  const count = Math.min(Math.max(1, Math.round(size / spacing)), limits.dicomProjectionSideMax);
  return Array.from({ length: count }, (_, i) => least + ((i + 0.5) * size) / count);
}

interface Rays {
  readonly corner: Vector;
  readonly right: Vector;
  readonly down: Vector;
  readonly axis: 0 | 1 | 2;
  readonly spacing: number;
  readonly rows: number;
  readonly columns: number;
  /** Along the axis, where each ray is sampled. */
  readonly depths: readonly number[];
}

/** The greatest value along each ray; NaN where it misses the volume. */
function cast(
  volume: Volume,
  { corner, right, down, axis, spacing, rows, columns, depths }: Rays,
): Float32Array {
  const sample = volumeSampler(volume);
  const out = new Float32Array(rows * columns).fill(Number.NaN);
  const point: Triple = [0, 0, 0];
  // Plane by plane, not ray by ray: neighbours in the image are neighbours in memory. Nothing is allocated for a sample.
  const stepOf = (direction: Vector): Triple => [
    direction[0] * spacing,
    direction[1] * spacing,
    direction[2] * spacing,
  ];
  const [across, along] = [stepOf(right), stepOf(down)];
  for (const depth of depths) {
    for (let row = 0, at = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1, at += 1) {
        point[0] = corner[0] + across[0] * column + along[0] * row;
        point[1] = corner[1] + across[1] * column + along[1] * row;
        point[2] = corner[2] + across[2] * column + along[2] * row;
        point[axis] = depth;
        const value = sample(point);
        if (!(value <= out[at]!) && !Number.isNaN(value)) out[at] = value;
      }
    }
  }
  return out;
}

/** By the window, or from the least to the greatest value; what misses the volume is black. */
function toGrey(values: Float32Array, window: VoiWindow | undefined, isInverted: boolean): Uint8ClampedArray {
  const brightness = window ? windowFunction(window) : stretched(values);
  return Uint8ClampedArray.from(values, (value) => {
    if (Number.isNaN(value)) return 0;
    return (isInverted ? 1 - brightness(value) : brightness(value)) * 255;
  });
}

function stretched(values: Float32Array): (value: number) => number {
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return (value) => (greatest > least ? (value - least) / (greatest - least) : 0);
}
