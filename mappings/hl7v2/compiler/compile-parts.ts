import type { FhirObject, Resource } from '../../bundle/bundle.ts';
import { keep } from '../../bundle/kept.ts';
import type { Run } from '../run.ts';
import { type CompiledRow, writeRows } from './compile-rows.ts';
import { hasChoice } from './contained.ts';
import { type Frame, frameCondition, parseSource, readSource, type Slots } from './frame.ts';
import { compileOutputPath, fill, type OutputPath } from './output-path.ts';
import type { ResourceSpec } from './schema.ts';

type PartSpec = ResourceSpec['parts'][number];
type RowsOf = (name: string, target: (type: string) => boolean) => readonly CompiledRow[];
type PartWrite = (run: Run, frame: Frame, resource: Resource) => void;
type Fail = (why: string) => never;

/**
 * Elements of a list of which each has a segment of its own: every AIP gives one `Appointment.participant`, every TQ1 one dosage. Rows alone
 * could not keep the person, the role and the time of one segment together. A segment of which no row takes anything gives none.
 */
export function compilePart(
  spec: ResourceSpec,
  part: PartSpec,
  rowsOf: RowsOf,
  slots: Slots,
  fail: Fail,
): PartWrite {
  const path = part.to === undefined ? undefined : compileOutputPath(spec.type, part.to, fail);
  if (path?.fillsValue === false) fail(`parts: ${part.to} does not add to a list`);
  const kinds = listOf(part.segment).map((name) => slots.of(name));
  const rows = listOf(part.map).flatMap((name) => rowsOf(name, targetOf(spec, part, path)));
  const holds = part.when === undefined ? undefined : frameCondition(part.when, slots);
  const by =
    part.by === undefined
      ? undefined
      : (parseSource(part.by, slots) ?? fail(`parts: cannot read ${part.by}`));
  const defaults = keep(part.defaults) as FhirObject;
  return (run, frame, resource) => {
    const slot = kinds.find((kind) => frame.slots[kind]!.length > 0);
    if (slot === undefined) return;
    const byText = new Map<string, FhirObject>();
    const added: FhirObject[] = [];
    const segments = frame.slots[slot]!;
    const slots = [...frame.slots];
    // One frame serves for all: no row keeps it.
    const one = { ...frame, slots };
    for (const segment of segments) {
      slots[slot] = [segment];
      if (holds?.(one) === false) continue;
      if (path === undefined) {
        writeRows(rows, run, one, resource);
        continue;
      }
      const text = by === undefined ? '' : readSource(one, by);
      const known = byText.get(text);
      const element: FhirObject = known ?? {};
      writeRows(rows, run, one, element);
      if (known !== undefined || Object.keys(element).length === 0) continue;
      if (by !== undefined) byText.set(text, element);
      path.put(resource, element, undefined, undefined);
      added.push(element);
    }
    for (const element of added) complete(element, defaults);
  };
}

/** `doseNumber[x]` holds the element to set when none of the choice is there. */
function complete(element: FhirObject, defaults: FhirObject): void {
  for (const [name, value] of Object.entries(defaults)) {
    if (!name.endsWith('[x]')) fill(element, { [name]: value });
    else if (!hasChoice(element, name.slice(0, -3))) Object.assign(element, value);
  }
}

/** A map for the element, for its datatype, or, where the rows go into the resource, for the resource. */
function targetOf(
  spec: ResourceSpec,
  part: PartSpec,
  path: OutputPath | undefined,
): (type: string) => boolean {
  if (path === undefined) return (target) => target === spec.type;
  const element = `${spec.type}.${part.to!.replace(/\[.\]/g, '')}`;
  return (target) => target === element || path.types.includes(target);
}

const listOf = (one: string | readonly string[]): readonly string[] =>
  typeof one === 'string' ? [one] : one;
