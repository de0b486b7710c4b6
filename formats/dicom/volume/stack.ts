import { geometryError, type SliceGeometry } from './slice-geometry.ts';
import { add, cross, dot, length, scale, subtract, type Vector } from './vector.ts';

/** What is not as in an ideal stack. It can be looked at all the same, and whoever looks must be told. */
export interface StackFlaw {
  /** `gap`: slices are missing or unevenly spaced. `duplicate`: two in one place. `tilt`: slices are shifted against each other (a tilted gantry). */
  readonly flaw: 'gap' | 'duplicate' | 'tilt';
  readonly detail: string;
}

/** Parallel slices in order. */
export interface Stack<S extends { readonly geometry: SliceGeometry }> {
  readonly slices: readonly S[];
  /** From slice to slice, of length 1. */
  readonly normal: Vector;
  /** Millimetres of each slice along the normal, ascending. */
  readonly offsets: readonly number[];
  /** Millimetres between slices, the median. */
  readonly spacing: number;
  readonly flaws: readonly StackFlaw[];
}

/** Slices nearer than this share of the spacing are in one place; spacings that differ by more are uneven. */
const spacingTolerance = 0.05;
const spacingToleranceMm = 0.01;
const directionTolerance = 2e-3;

/**
 * Orders slices by where they lie, not by their numbers. Throws BH_DICOM_GEOMETRY when they are no stack: fewer than two places, or slices
 * of different size, spacing, orientation or frame of reference.
 */
export function stackSlices<S extends { readonly geometry: SliceGeometry }>(all: readonly S[]): Stack<S> {
  const [first] = all;
  if (first === undefined || all.length < 2) throw geometryError(`${all.length} slices are no volume`);
  for (const { geometry } of all) checkAlike(first.geometry, geometry);
  const normal = cross(first.geometry.across, first.geometry.down);
  const offsetOf = ({ geometry }: S): number => dot(geometry.position, normal);
  const sorted = [...all].sort((a, b) => offsetOf(a) - offsetOf(b));
  const slices = sorted.filter(
    (slice, at) => at === 0 || offsetOf(slice) - offsetOf(sorted[at - 1]!) > spacingToleranceMm,
  );
  if (slices.length < 2) throw geometryError(`${all.length} slices in one place are no volume`);
  const offsets = slices.map(offsetOf);
  const steps = offsets.slice(1).map((offset, at) => offset - offsets[at]!);
  const spacing = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)]!;
  const flaws = [
    ...duplicates(all.length - slices.length),
    ...gaps(steps, offsets, spacing),
    ...tilt(slices, normal, first.geometry),
  ];
  return { slices, normal, offsets, spacing, flaws };
}

function checkAlike(a: SliceGeometry, b: SliceGeometry): void {
  if (a.rows !== b.rows || a.columns !== b.columns) throw geometryError('slices of different sizes');
  const isSpaced = (x: number, y: number): boolean => Math.abs(x - y) <= 1e-3 * Math.max(x, y);
  if (!isSpaced(a.rowSpacing, b.rowSpacing) || !isSpaced(a.columnSpacing, b.columnSpacing)) {
    throw geometryError('slices of different pixel spacing');
  }
  const isParallel = (u: Vector, v: Vector): boolean => length(subtract(u, v)) <= directionTolerance;
  if (!isParallel(a.across, b.across) || !isParallel(a.down, b.down)) {
    throw geometryError('slices of different orientation');
  }
  if (a.frameOfReferenceUid !== b.frameOfReferenceUid)
    throw geometryError('slices of different frames of reference');
}

function duplicates(count: number): readonly StackFlaw[] {
  return count === 0
    ? []
    : [{ flaw: 'duplicate', detail: `${count} slices in a place that has one are left out` }];
}

function gaps(steps: readonly number[], offsets: readonly number[], spacing: number): readonly StackFlaw[] {
  const uneven = steps.flatMap((step, at) =>
    Math.abs(step - spacing) > Math.max(spacing * spacingTolerance, spacingToleranceMm) ? [at] : [],
  );
  const [at] = uneven;
  if (at === undefined) return [];
  const [from, to] = [offsets[at]!.toFixed(2), offsets[at + 1]!.toFixed(2)];
  const detail = `${uneven.length} of ${steps.length} distances are not ${spacing.toFixed(2)} mm, the first from ${from} to ${to} mm`;
  return [{ flaw: 'gap', detail }];
}

/** Each slice against where it would lie straight behind the first; more than half a pixel in all counts. */
function tilt(
  slices: readonly { readonly geometry: SliceGeometry }[],
  normal: Vector,
  { position, rowSpacing, columnSpacing }: SliceGeometry,
): readonly StackFlaw[] {
  const shifts = slices.map(({ geometry }) => {
    const moved = subtract(geometry.position, slices[0]!.geometry.position);
    return length(subtract(moved, scale(normal, dot(moved, normal))));
  });
  const most = Math.max(...shifts);
  if (most <= Math.min(rowSpacing, columnSpacing) / 2) return [];
  const last = slices.at(-1)!.geometry.position;
  const moved = subtract(last, slices[0]!.geometry.position);
  const along = dot(moved, normal);
  const degrees = (Math.atan2(length(subtract(moved, scale(normal, along))), along) * 180) / Math.PI;
  const origin = add(position, [0, 0, 0]).map((value) => value.toFixed(1));
  return [
    {
      flaw: 'tilt',
      detail: `slices are shifted by up to ${most.toFixed(2)} mm, ${degrees.toFixed(1)} degrees, from ${origin.join(', ')}`,
    },
  ];
}
