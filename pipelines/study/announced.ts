import type { ProcessOutput, StateReader } from '../process/step.ts';
import type { Named } from './assembly.ts';
import { heldScope, namedScope, priorsScope, seenScope } from './scopes.ts';

/**
 * Instances that a procedure step or an archive named before they were here. Each is remembered under its own UID, in the place where the
 * study of an instance that is here stands, so that an instance that comes in costs no further read; and once under its study, so
 * that they can be forgotten.
 */
const awaitedMark = (study: string): string => `?${study}`;

/** What is known of an instance by its SOP Instance UID. */
export interface Seen {
  readonly isNew: boolean;
  readonly wasAwaited: boolean;
}

export function takeSeen(
  state: StateReader,
  output: ProcessOutput,
  channel: string,
  study: string,
  sopInstanceUid: string,
): Seen {
  const scope = seenScope(channel);
  const seen = state.get(scope, sopInstanceUid);
  if (seen !== study) output.states.push({ scope, key: sopInstanceUid, value: study });
  return { isNew: seen !== study, wasAwaited: seen === awaitedMark(study) };
}

/** Remembers what is named for the first time and is not here. */
export function takeNamed(
  state: StateReader,
  output: ProcessOutput,
  channel: string,
  study: string,
  sopInstanceUids: readonly string[],
): Named {
  if (sopInstanceUids.length === 0) return { named: 0, missing: 0 };
  const scope = namedScope(channel);
  // What was named before is here or counted; each is asked for by name only where the study has nothing yet.
  const known = new Set([
    ...state.items(channel, study).map(({ itemKey }) => itemKey),
    ...state.items(scope, study).map(({ itemKey }) => itemKey),
  ]);
  const missing = [...new Set(sopInstanceUids)].filter((uid) => !known.has(uid));
  if (missing.length > 0) output.states.push({ scope, key: study, value: true });
  for (const uid of missing) {
    output.states.push({ scope: seenScope(channel), key: uid, value: awaitedMark(study) });
    output.items.push({ scope, key: study, itemKey: uid, value: true });
  }
  return { named: sopInstanceUids.length, missing: missing.length };
}

/** Forgets the instances of a study, those that are here and those that never came, and the earlier studies that were fetched for it. */
export function forgetInstances(
  state: StateReader,
  output: ProcessOutput,
  channel: string,
  study: string,
): void {
  const named = state.items(namedScope(channel), study);
  for (const { itemKey } of [...state.items(channel, study), ...named])
    output.states.push({ scope: seenScope(channel), key: itemKey, value: null });
  if (named.length > 0) output.states.push({ scope: namedScope(channel), key: study, value: null });
  for (const scope of [priorsScope(channel), heldScope(channel)])
    if (state.get(scope, study) !== undefined) output.states.push({ scope, key: study, value: null });
  output.states.push({ scope: channel, key: study, value: null });
}
