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
  const named = message.named(path.segment);
  if (path.nth !== undefined) return named[path.nth - 1];
  if (from.name === path.segment) return from;
  const at = message.positionOf(from);
  const after = firstBehind(message, named, at);
  if (side === 'before') return named[after - 1];
  const found = named[after];
  if (found === undefined) return undefined;
  const peers = message.named(from.name);
  const nextPeer = peers[firstBehind(message, peers, at)];
  const isOfNext = nextPeer !== undefined && message.positionOf(nextPeer) < message.positionOf(found);
  return isOfNext ? undefined : found;
}

/** Index of the first segment that stands behind a position; halving, for a message may have thousands of OBX. */
function firstBehind(
  message: EditableMessage,
  segments: readonly EditableSegment[],
  position: number,
): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (message.positionOf(segments[middle]!) > position) high = middle;
    else low = middle + 1;
  }
  return low;
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
