import { type Hl7Message, type Hl7Segment, parseMessage } from '../../../formats/hl7v2/index.ts';
import type { Change } from './compare.ts';

/**
 * What differs between two HL7 v2 messages, field by field; segments of one name are compared in their order.
 *
 * @param file where the rows stand that make the second one
 */
export function compareHl7(before: Uint8Array, after: Uint8Array, file: string): readonly Change[] {
  if (Buffer.compare(before, after) === 0) return [];
  const [old, fresh] = [parseMessage(before), parseMessage(after)];
  const names = new Set([...old.segments, ...fresh.segments].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const count = Math.max(old.all(name).length, fresh.all(name).length);
    return Array.from({ length: count }, (_, at) => at).flatMap((at) =>
      segmentChanges(name, at, segmentAt(old, name, at), segmentAt(fresh, name, at), file),
    );
  });
}

const segmentAt = (message: Hl7Message, name: string, at: number): Hl7Segment | undefined =>
  message.all(name)[at];

function segmentChanges(
  name: string,
  at: number,
  before: Hl7Segment | undefined,
  after: Hl7Segment | undefined,
  file: string,
): readonly Change[] {
  const resource = at === 0 ? name : `${name}[${at + 1}]`;
  const shared = { resource, fullUrl: '', row: '', file };
  if (before === undefined) return [{ ...shared, kind: 'added', path: '(segment)' }];
  if (after === undefined) return [{ ...shared, kind: 'removed', path: '(segment)' }];
  const changes: Change[] = [];
  for (let field = 1; field <= Math.max(before.fieldCount, after.fieldCount); field++) {
    const [was, is] = [before.raw(field), after.raw(field)];
    if (was === is) continue;
    const kind = was === '' ? 'added' : is === '' ? 'removed' : 'changed';
    changes.push({ ...shared, kind, path: String(field), before: was, after: is });
  }
  return changes;
}
