import type { Json } from '../../core/json.ts';
import type { Message } from '../../core/message.ts';
import type { StateKey } from '../../core/ports/index.ts';

/** Where a source that asks (instead of being sent to) remembers how far it came, by the key that it chose. */
export const cursorScope = (channel: string): string => `${channel}/cursor`;

/**
 * The cursor that a message carries in its facts (`cursor: { key, value }`), written in the transaction in which the message ends, whatever
 * becomes of it: a source never goes back behind what it handed over, and never past what was not stored. A replay carries none, for it is old.
 */
export function cursorStates(
  channel: string,
  { facts, replayOf }: Message,
): readonly (StateKey & { readonly value: Json })[] {
  const cursor = facts?.cursor;
  if (replayOf !== undefined || typeof cursor !== 'object' || cursor === null || Array.isArray(cursor))
    return [];
  const { key, value } = cursor as { readonly key?: Json; readonly value?: Json };
  if (typeof key !== 'string' || typeof value !== 'string') return [];
  return [{ scope: cursorScope(channel), key, value }];
}

/** A message that says nothing but how far its source came. */
export const isCursorOnly = ({ facts }: Message): boolean => facts?.cursorOnly === true;
