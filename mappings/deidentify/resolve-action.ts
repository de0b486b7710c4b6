import { type AttributeType, attributeType } from './attribute-types.ts';
import type { ProfileOption } from './profile-options.ts';
import type { ProfileRow, TableAction } from './profile-table.ts';

/** What is done with one attribute of one object. `U` on a sequence gives new UIDs to what its items refer to. */
export type Action = 'X' | 'Z' | 'D' | 'U' | 'K' | 'C';

/** Where an attribute stands: at the top level its type is known, in an item it is not. */
export interface Place {
  readonly sopClassUid: string;
  readonly isTopLevel: boolean;
}

/**
 * The action of a row under the options in force. Where two of them differ the more protective one counts: to clean goes before to
 * keep (a device's date under shifted dates).
 */
export function resolveAction(
  row: ProfileRow,
  tag: number,
  options: ReadonlySet<ProfileOption>,
  place: Place,
): Action {
  let chosen: 'K' | 'C' | undefined;
  for (const [name, action] of Object.entries(row.options)) {
    if (!options.has(name as ProfileOption)) continue;
    if (chosen !== 'C') chosen = action;
  }
  return chosen ?? basicAction(row.basic, tag, place);
}

/** The action of the basic profile, also where a value turned out to have nothing that may stay. */
export function basicAction(basic: TableAction, tag: number, place: Place): Action {
  if (basic === 'X' || basic === 'Z' || basic === 'D' || basic === 'U') return basic;
  const type = place.isTopLevel ? attributeType(place.sopClassUid, tag) : undefined;
  return conditional(basic, type);
}

/**
 * PS3.15 E.1: removal unless the type asks for more. Where the type is not known, the action is the one that keeps every IOD valid; a
 * dummy tells as little as an absence. References keep their items, under new UIDs: without them a study falls apart.
 */
function conditional(
  basic: Exclude<TableAction, 'X' | 'Z' | 'D' | 'U'>,
  type: AttributeType | undefined,
): Action {
  switch (basic) {
    case 'X/Z':
      return type === 3 ? 'X' : 'Z';
    case 'X/D':
      return type === 3 ? 'X' : 'D';
    case 'Z/D':
      return type === 2 || type === 3 ? 'Z' : 'D';
    case 'X/Z/D':
      if (type === 3) return 'X';
      return type === 2 ? 'Z' : 'D';
    case 'X/Z/U*':
      return 'U';
  }
}
