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
  const byRep = byRepetition(taken);
  let own: Taken | readonly Taken[] = byRep === undefined ? taken : byRep(1);
  let [rep, component, part, start] = [1, 1, 1, 0];
  for (let at = 0; at <= raw.length; at++) {
    const code = at < raw.length ? raw.charCodeAt(at) : -1;
    const isMark = code === ofComponent || code === ofPart || code === ofRepetition || code === -1;
    if (!isMark) continue;
    if (at > start && !isTaken(own, rep, component, part)) return false;
    start = at + 1;
    if (code === ofPart) part++;
    else {
      part = 1;
      if (code === ofComponent) component++;
      else {
        component = 1;
        rep++;
        if (byRep !== undefined) own = byRep(rep);
      }
    }
  }
  return true;
}

const scannedReadsMax = 8;

/** Reads of a field of many repetitions by repetition, so that not each leaf is compared with every read. */
function byRepetition(taken: TakenField): ((rep: number) => readonly Taken[]) | undefined {
  if (taken === undefined || 'covers' in taken || taken.length <= scannedReadsMax) return undefined;
  const ofAll = taken.filter((one) => one.rep === 0);
  const byRep: Taken[][] = [];
  for (const one of taken) {
    if (one.rep === 0) continue;
    const own = byRep[one.rep];
    if (own === undefined) byRep[one.rep] = [...ofAll, one];
    else own.push(one);
  }
  return (rep) => byRep[rep] ?? ofAll;
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
  const byRep = byRepetition(taken);
  for (let rep = 1; rep <= reps; rep++) {
    const own = byRep === undefined ? taken : byRep(rep);
    const components = partsOf(segment.raw(field, rep), mark);
    for (let component = 1; component <= components.length; component++) {
      const text = components[component - 1]!;
      if (text === '') continue;
      const parts = partsOf(text, innerMark);
      for (let part = 1; part <= parts.length; part++) {
        if (own !== undefined && isTaken(own, rep, component, part)) continue;
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

function isTaken(taken: Taken | readonly Taken[], rep: number, component: number, part: number): boolean {
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
