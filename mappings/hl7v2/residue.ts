import { limits } from '../../core/limits.ts';
import type { Delimiters, Hl7Segment } from '../../formats/hl7v2/index.ts';
import { coversLeaf, coversPart } from './coverage.ts';
import type { Residue } from './issue.ts';
import { pathOf, type Run, type Taken, type TakenField } from './run.ts';

const valueCharsMax = 200;

/** Fields that carry nothing for the receiver, by segment; the reason stands in the row that names them. */
export type IgnoredFields = ReadonlyMap<string, ReadonlySet<number>>;

/** Every valued leaf that no row took, in order of the message, up to `limits.mapResidueMax`. */
export function residueOf(run: Run, ignored: IgnoredFields): readonly Residue[] {
  const residue: Residue[] = [];
  for (const segment of run.message.segments) {
    const ignore = ignored.get(segment.name);
    const last = segment.fieldCount;
    for (let field = segment.name === 'MSH' ? 3 : 1; field <= last; field++) {
      const raw = segment.raw(field);
      if (raw === '' || ignore?.has(field) === true) continue;
      const taken = run.takenAt(segment, field);
      if (taken !== undefined && takesAll(taken, raw, run.message.delimiters)) continue;
      addLeaves(residue, run, segment, field, taken);
      if (residue.length >= limits.mapResidueMax) return residue;
    }
  }
  return residue;
}

/** Walks the leaves of a field without cutting it up: nearly always every one of them was read. */
function takesAll(taken: Taken | Taken[], raw: string, delimiters: Delimiters): boolean {
  if (takesWhole(taken)) return true;
  // NaN, which no character is, where a separator is not declared.
  const ofComponent = delimiters.component.charCodeAt(0);
  const ofPart = delimiters.subcomponent.charCodeAt(0);
  const ofRepetition = delimiters.repetition.charCodeAt(0);
  let [rep, component, part, start] = [1, 1, 1, 0];
  for (let at = 0; at <= raw.length; at++) {
    const code = at < raw.length ? raw.charCodeAt(at) : -1;
    const isMark = code === ofComponent || code === ofPart || code === ofRepetition || code === -1;
    if (!isMark) continue;
    if (at > start && !isTaken(taken, rep, component, part)) return false;
    start = at + 1;
    if (code === ofPart) part++;
    else {
      part = 1;
      if (code === ofComponent) component++;
      else {
        component = 1;
        rep++;
      }
    }
  }
  return true;
}

function takesWhole(taken: Taken | Taken[]): boolean {
  if ('covers' in taken) return taken.rep === 0 && taken.component === 0 && taken.covers === 'all';
  return taken.some(takesWhole);
}

function addLeaves(
  residue: Residue[],
  run: Run,
  segment: Hl7Segment,
  field: number,
  taken: TakenField,
): void {
  const { component: mark, subcomponent: innerMark } = run.message.delimiters;
  const reps = segment.repetitions(field);
  for (let rep = 1; rep <= reps; rep++) {
    const components = partsOf(segment.raw(field, rep), mark);
    for (let component = 1; component <= components.length; component++) {
      const text = components[component - 1]!;
      if (text === '') continue;
      const parts = partsOf(text, innerMark);
      for (let part = 1; part <= parts.length; part++) {
        if (taken !== undefined && isTaken(taken, rep, component, part)) continue;
        if (parts[part - 1]!.trim() === '') continue;
        if (residue.length >= limits.mapResidueMax) return;
        const path = pathOf(
          run,
          segment,
          field,
          rep,
          components.length > 1 ? component : 0,
          parts.length > 1 ? part : 0,
        );
        residue.push({ path, value: segment.get(field, rep, component, part).slice(0, valueCharsMax) });
      }
    }
  }
}

const partsOf = (text: string, mark: string): readonly string[] =>
  mark !== '' && text.includes(mark) ? text.split(mark) : [text];

function isTaken(taken: Taken | Taken[], rep: number, component: number, part: number): boolean {
  if ('covers' in taken) return takesLeaf(taken, rep, component, part);
  for (const one of taken) if (takesLeaf(one, rep, component, part)) return true;
  return false;
}

function takesLeaf(one: Taken, rep: number, component: number, part: number): boolean {
  if (one.rep !== 0 && one.rep !== rep) return false;
  if (one.component === 0) return coversLeaf(one.covers, component, part);
  if (one.component !== component) return false;
  return one.subcomponent === 0 ? coversPart(one.covers, part) : one.subcomponent === part;
}
