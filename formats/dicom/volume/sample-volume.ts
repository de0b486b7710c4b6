import { dot, type Vector } from './vector.ts';
import type { Volume } from './volume.ts';

/**
 * Gives the value at a point of the patient, interpolated between the eight voxels around it; NaN outside. Slices are taken where they really lie:
 * uneven distances and a tilted stack are right, too. A point up to half a voxel outside has the value at the edge.
 */
export function volumeSampler(volume: Volume): (point: Vector) => number {
  const { stack, rows, columns, values } = volume;
  const { offsets, normal } = stack;
  const { across, down, columnSpacing, rowSpacing } = stack.slices[0]!.geometry;
  const origins = stack.slices.map(({ geometry }) => geometry.position);
  const cells = rows * columns;
  const last = offsets.length - 1;
  const edge = stack.spacing / 2;

  const inSlice = (slice: number, point: Vector): number => {
    // Spelt out: this runs a hundred million times for one projection, and a vector each time would be garbage.
    const origin = origins[slice]!;
    const dx = point[0] - origin[0];
    const dy = point[1] - origin[1];
    const dz = point[2] - origin[2];
    const x = (dx * across[0] + dy * across[1] + dz * across[2]) / columnSpacing;
    const y = (dx * down[0] + dy * down[1] + dz * down[2]) / rowSpacing;
    if (x < -0.5 || y < -0.5 || x > columns - 0.5 || y > rows - 0.5) return Number.NaN;
    const x0 = Math.min(Math.max(Math.floor(x), 0), columns - 1);
    const y0 = Math.min(Math.max(Math.floor(y), 0), rows - 1);
    const x1 = Math.min(x0 + 1, columns - 1);
    const y1 = Math.min(y0 + 1, rows - 1);
    const u = Math.min(Math.max(x - x0, 0), 1);
    const v = Math.min(Math.max(y - y0, 0), 1);
    const at = slice * cells;
    const top = values[at + y0 * columns + x0]! * (1 - u) + values[at + y0 * columns + x1]! * u;
    const bottom = values[at + y1 * columns + x0]! * (1 - u) + values[at + y1 * columns + x1]! * u;
    return top * (1 - v) + bottom * v;
  };

  return (point) => {
    const offset = dot(point, normal);
    if (offset < offsets[0]! - edge || offset > offsets[last]! + edge) return Number.NaN;
    const below = sliceBelow(offsets, offset, stack.spacing);
    const from = offsets[below]!;
    const share = below === last ? 0 : Math.max(0, (offset - from) / (offsets[below + 1]! - from));
    if (share === 0) return inSlice(below, point);
    return inSlice(below, point) * (1 - share) + inSlice(below + 1, point) * share;
  };
}

/** The last slice that is not behind the offset, or the first: guessed from the spacing, then corrected step by step. */
function sliceBelow(offsets: readonly number[], offset: number, spacing: number): number {
  const last = offsets.length - 1;
  let at = Math.min(Math.max(Math.floor((offset - offsets[0]!) / spacing), 0), last);
  while (at > 0 && offsets[at]! > offset) at -= 1;
  while (at < last && offsets[at + 1]! <= offset) at += 1;
  return at;
}
