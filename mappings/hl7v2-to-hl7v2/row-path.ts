import { BitHiveError } from '../../core/errors.ts';

/** Where a row works: `SEG[n]`, or `SEG[n]-field[rep].component.subcomponent`; `[*]` stands for each repetition by itself. */
export interface RowPath {
  readonly segment: string;
  readonly nth: number | undefined;
  /** Absent: the whole segment. */
  readonly field: number | undefined;
  readonly rep: number | 'each' | undefined;
  readonly component: number | undefined;
  readonly subcomponent: number | undefined;
}

export type ElementPath = RowPath & { readonly field: number };

const grammar =
  /^([A-Z][A-Z0-9]{2})(?:\[(\d{1,6})\])?(?:-(\d{1,4})(?:\[(\d{1,7}|\*)\])?(?:\.(\d{1,4})(?:\.(\d{1,4}))?)?)?$/;

/** Throws BH_HL7_PATH. */
export function parseRowPath(text: string): RowPath {
  const match = grammar.exec(text);
  if (match === null) throw new BitHiveError('BH_HL7_PATH', `cannot read "${text.slice(0, 64)}"`);
  const number = (group: number): number | undefined =>
    match[group] === undefined ? undefined : Number(match[group]);
  const path: RowPath = {
    segment: match[1]!,
    nth: number(2),
    field: number(3),
    rep: match[4] === '*' ? 'each' : number(4),
    component: number(5),
    subcomponent: number(6),
  };
  const numbers = [path.nth, path.field, path.rep, path.component, path.subcomponent];
  if (numbers.includes(0)) throw new BitHiveError('BH_HL7_PATH', `numbers count from 1 in "${text}"`);
  return path;
}

/** As `parseRowPath`, for a field or a part of one. */
export function parseElementPath(text: string): ElementPath {
  const path = parseRowPath(text);
  if (isElement(path)) return path;
  throw new BitHiveError('BH_HL7_PATH', `"${text}" names no field`);
}

export const isElement = (path: RowPath): path is ElementPath => path.field !== undefined;

/** How deep an element lies: 0 a field with its repetitions, 1 a repetition, 2 a component, 3 a subcomponent. */
export function depthOf(path: RowPath): 0 | 1 | 2 | 3 {
  if (path.subcomponent !== undefined) return 3;
  if (path.component !== undefined) return 2;
  return path.rep === undefined ? 0 : 1;
}
