import { BitHiveError } from '../../core/errors.ts';
import { compileCondition } from '../expression/condition.ts';
import type { YamlFile } from '../hl7v2/compiler/yaml-file.ts';
import type { EditableMessage } from './editable-message.ts';
import type { EditableSegment } from './editable-segment.ts';
import { findSegment, type Scope, valuesAt } from './find-segment.ts';
import {
  depthOf,
  type ElementPath,
  isElement,
  parseElementPath,
  parseRowPath,
  type RowPath,
} from './row-path.ts';
import type { EditFile, EditRow, EditValue } from './schema.ts';

/** The target of a code; undefined for one that the table does not have. */
export type Lookup = (code: string) => string | undefined;

/** Changes the message; says how many places it changed. */
export type Edit = (message: EditableMessage) => number;
type Holds = (scope: Scope) => boolean;

/** Everything that can be wrong with a row is found here, with file and line (BH_MAP_DEFINITION). */
export function compileRow(
  file: YamlFile<EditFile>,
  index: number,
  tables: ReadonlyMap<string, Lookup>,
): Edit {
  const row = file.content.rows[index] as EditRow;
  const fail = (key: string, why: string): never => file.fail(['rows', index, key], `row ${row.id}: ${why}`);
  const located = <T>(key: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (error instanceof BitHiveError) return fail(key, error.detail);
      throw error;
    }
  };
  const holds: Holds =
    row.when === undefined ? () => true : located('when', () => compileScoped(row.when as string));
  const where = row.to === undefined ? 'id' : 'to';
  const target = located(where, () => parseRowPath(row.to ?? row.id));
  if (row.add !== undefined)
    return located('fields', () => compileAdd(row, target, holds, (why) => fail(where, why)));
  if (row.drop === true && !isElement(target)) {
    if (target.segment === 'MSH') return fail(where, 'a message without MSH is none');
    return dropSegments(target, holds);
  }
  if (!isElement(target)) return fail(where, 'names no field');
  if (target.segment === 'MSH' && target.field <= 2)
    return fail(where, 'MSH-1 and MSH-2 say how the message is written');
  if (row.drop === true) return eachPlace(target, holds, dropElement(target));
  const lookup = row.table === undefined ? undefined : tables.get(row.table);
  if (row.table !== undefined && lookup === undefined)
    fail('table', `no table ${row.table}; known: ${[...tables.keys()].join(', ') || 'none'}`);
  const { set } = row;
  if (set !== undefined) {
    if (typeof set !== 'string' && depthOf(target) > 1)
      fail('set', 'a list of components has no place in a component');
    return eachPlace(target, holds, (scope) => rawValue(scope.message, set));
  }
  const from = row.copy ?? row.move;
  const key = row.copy === undefined ? 'move' : 'copy';
  const source = from === undefined ? target : located(key, () => parseElementPath(from));
  if (depthOf(source) < depthOf(target) && (depthOf(target) > 1 || from === undefined))
    fail(key, `${from} is a whole that has no place in ${row.to ?? row.id}: name its part`);
  if (source.rep === 'each' && from !== undefined) fail(key, 'name one repetition, or none for all');
  const read = readSource(row, source, target, from === undefined);
  return eachPlace(target, holds, (scope, rep) => translated(read(scope, rep), scope, lookup, row.fallback));
}

/** Conditions see the segment that is changed first, the others from there. Throws BH_CONFIG_EXPRESSION. */
export function compileScoped(condition: string): Holds {
  return compileCondition<Scope>(condition, (text) => {
    const path = parseElementPath(text);
    return (scope) => valuesAt(scope, path);
  });
}

/** What is to be written at a place; undefined leaves it as it is. */
type Make = (scope: Scope, rep: number | undefined) => string | undefined | typeof removed;
const removed = Symbol('removed');

/** Works on every segment of the name, or the numbered one; repetition by repetition where the path says so or names a part. */
function eachPlace(target: ElementPath, holds: Holds, make: Make): Edit {
  const { field, component, subcomponent } = target;
  return (message) => {
    let changes = 0;
    for (const segment of segmentsAt(message, target)) {
      for (const rep of repetitionsAt(segment, target)) {
        const scope = { message, segment, ...(rep === undefined ? {} : { field, rep }) };
        if (!holds(scope)) continue;
        const made = make(scope, rep);
        if (made === undefined) continue;
        const before = segment.text;
        if (made === removed) segment.removeRepetition(field, rep as number);
        else segment.write(made, field, rep, component, subcomponent);
        if (segment.text !== before) changes++;
      }
    }
    return changes;
  };
}

function segmentsAt(message: EditableMessage, { segment, nth }: RowPath): readonly EditableSegment[] {
  const named = message.named(segment);
  return nth === undefined ? named : named.slice(nth - 1, nth);
}

/** From the last on: a repetition that is taken out moves only those behind it. */
function repetitionsAt(segment: EditableSegment, target: ElementPath): readonly (number | undefined)[] {
  if (typeof target.rep === 'number') return [target.rep];
  if (target.rep === undefined && target.component === undefined) return [undefined];
  const count = segment.repetitions(target.field);
  if (count === 0) return target.rep === 'each' ? [] : [1];
  return Array.from({ length: count }, (_, index) => count - index);
}

const dropElement =
  (target: ElementPath): Make =>
  ({ segment }, rep) => {
    const { field, component, subcomponent } = target;
    if (component === undefined && rep !== undefined)
      return rep <= segment.repetitions(field) ? removed : undefined;
    return segment.read(field, rep, component, subcomponent) === '' ? undefined : '';
  };

function dropSegments(target: RowPath, holds: Holds): Edit {
  return (message) => {
    const gone = segmentsAt(message, target).filter((segment) => holds({ message, segment }));
    message.remove(gone);
    return gone.length;
  };
}

function compileAdd(row: EditRow, target: RowPath, holds: Holds, fail: (why: string) => never): Edit {
  if (isElement(target) || target.nth !== undefined || target.segment === 'MSH')
    fail('add needs the name of a segment');
  const [side, text] = (row.add as string).split(' ') as ['before' | 'after', string];
  const anchorPath = parseRowPath(text);
  if (side === 'before' && anchorPath.segment === 'MSH') fail('nothing stands before MSH');
  const fields = Object.entries(row.fields ?? {}).map(([name, value]) => {
    const field = Number(name);
    return { field, make: compileField(row, { ...target, field }, value) };
  });
  return (message) => {
    const anchors = segmentsAt(message, anchorPath).filter((segment) => holds({ message, segment }));
    for (const [index, added] of message.add(target.segment, side, anchors).entries()) {
      const scope = { message, segment: anchors[index] as EditableSegment };
      for (const { field, make } of fields) {
        const raw = make(scope);
        if (raw !== '') added.write(raw, field);
      }
    }
    return anchors.length;
  };
}

/** A field of an added segment; empty where nothing stands at the path that it copies. Throws BH_HL7_PATH. */
function compileField(
  row: EditRow,
  target: ElementPath,
  value: EditValue | { readonly copy: string },
): (scope: Scope) => string {
  if (typeof value === 'string' || Array.isArray(value)) return ({ message }) => rawValue(message, value);
  const read = readSource(row, parseElementPath((value as { copy: string }).copy), target, false);
  return (scope) => {
    const raw = read(scope, undefined);
    return typeof raw === 'string' ? raw : '';
  };
}

/** Reads what is copied, in the bytes of the message; `move` empties the place where it was. */
function readSource(row: EditRow, source: ElementPath, target: ElementPath, isOwn: boolean): Make {
  const { field, component, subcomponent } = source;
  return (scope, rep) => {
    const segment = isOwn ? scope.segment : findSegment(scope, source, row.find);
    if (segment === undefined) return undefined;
    const isSame = segment === scope.segment && source.field === target.field;
    const isPart = component !== undefined || rep !== undefined;
    const from = typeof source.rep === 'number' ? source.rep : isSame ? rep : isPart ? 1 : undefined;
    const raw = segment.read(field, from, component, subcomponent);
    if (raw === '') return undefined;
    if (row.move !== undefined) segment.write('', field, from, component, subcomponent);
    return raw;
  };
}

function translated(
  raw: ReturnType<Make>,
  { message }: Scope,
  lookup: Lookup | undefined,
  fallback: string | undefined,
): ReturnType<Make> {
  if (lookup === undefined || typeof raw !== 'string' || raw === '') return raw === '' ? undefined : raw;
  const code = lookup(message.value(raw)) ?? fallback;
  return code === undefined ? raw : message.raw(code);
}

function rawValue(message: EditableMessage, value: EditValue): string {
  if (typeof value === 'string') return message.raw(value);
  const { component, subcomponent } = message.delimiters;
  const parts = value.map((one) =>
    typeof one === 'string' ? message.raw(one) : one.map((text) => message.raw(text)).join(subcomponent),
  );
  return parts.join(component);
}
