import type { EditableMessage } from './editable-message.ts';
import type { EditableSegment } from './editable-segment.ts';
import type { ElementPath } from './row-path.ts';

/** What a row works on while it works. */
export interface Scope {
  readonly message: EditableMessage;
  /** The segment that the row changes, or beside which it adds one. */
  readonly segment: EditableSegment;
  /** Set where the row takes each repetition of a field by itself. */
  readonly field?: number;
  readonly rep?: number;
}

/** On which side of the segment that is changed a segment of another name is looked for. */
export type Side = 'before' | 'after';

/**
 * The segment that a path means, seen from the one that is changed: itself where it has the name; the numbered one; else the nearest on the
 * side. `before`: ORC from its OBR, PID from any OBX. `after`: what follows, up to the next segment of the name that is changed:
 * ZDS from its OBR.
 */
export function findSegment(
  { message, segment: from }: Scope,
  path: ElementPath,
  side: Side,
): EditableSegment | undefined {
  const { segments } = message;
  if (path.nth !== undefined) return segments.filter(({ name }) => name === path.segment)[path.nth - 1];
  if (from.name === path.segment) return from;
  const at = segments.indexOf(from);
  if (side === 'before') {
    for (let index = at - 1; index >= 0; index--)
      if (segments[index]?.name === path.segment) return segments[index];
    return undefined;
  }
  for (let index = at + 1; index < segments.length; index++) {
    const name = segments[index]?.name;
    if (name === path.segment) return segments[index];
    if (name === from.name) return undefined;
  }
  return undefined;
}

/** Values at a path of a condition: as `findSegment`, before first and then after; all repetitions where none is named. */
export function valuesAt(scope: Scope, path: ElementPath): readonly string[] {
  const segment = findSegment(scope, path, 'before') ?? findSegment(scope, path, 'after');
  if (segment === undefined) return [];
  const { message } = scope;
  const isScoped = segment === scope.segment && path.field === scope.field && path.rep === undefined;
  const rep = isScoped ? scope.rep : path.rep;
  const first = typeof rep === 'number' ? rep : 1;
  const last = typeof rep === 'number' ? rep : segment.repetitions(path.field);
  const values: string[] = [];
  for (let nth = first; nth <= last; nth++)
    values.push(message.value(segment.read(path.field, nth, path.component, path.subcomponent)));
  return values;
}
