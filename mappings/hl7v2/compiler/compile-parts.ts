import type { FhirObject, Resource } from '../../bundle/bundle.ts';
import { keep } from '../../bundle/kept.ts';
import type { Run } from '../run.ts';
import { type CompiledRow, writeRows } from './compile-rows.ts';
import { type Frame, frameCondition, type Slots } from './frame.ts';
import { compileOutputPath, fill } from './output-path.ts';
import type { ResourceSpec } from './schema.ts';

type PartWrite = (run: Run, frame: Frame, resource: Resource) => void;

/**
 * Elements of a list of which each has a segment of its own: every AIP gives one `Appointment.participant`. Rows alone could not keep
 * the person, the role and the time of one segment together. A segment of which no row takes anything gives none.
 */
export function compilePart(
  spec: ResourceSpec,
  part: ResourceSpec['parts'][number],
  rowsOf: (name: string, target: (type: string) => boolean) => readonly CompiledRow[],
  slots: Slots,
  fail: (why: string) => never,
): PartWrite {
  const path = compileOutputPath(spec.type, part.to, fail);
  if (!path.fillsValue) fail(`parts: ${part.to} does not add to a list`);
  const element = part.to.replace(/\[.\]/g, '');
  const slot = slots.of(part.segment);
  const rows = rowsOf(part.map, (target) => target === `${spec.type}.${element}`);
  const holds = part.when === undefined ? undefined : frameCondition(part.when, slots);
  const defaults = keep(part.defaults) as FhirObject;
  return (run, frame, resource) => {
    const segments = frame.slots[slot]!;
    for (let at = 0; at < segments.length; at++) {
      const one = frameOfOne(frame, slot, segments[at]!);
      if (holds?.(one) === false) continue;
      const element: FhirObject = {};
      writeRows(rows, run, one, element);
      if (Object.keys(element).length === 0) continue;
      fill(element, defaults);
      path.put(resource, element, undefined, undefined);
    }
  };
}

function frameOfOne(frame: Frame, slot: number, segment: Frame['anchor']): Frame {
  if (frame.slots[slot]!.length === 1) return frame;
  const slots = [...frame.slots];
  slots[slot] = [segment];
  return { ...frame, slots };
}
