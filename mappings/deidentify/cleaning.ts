import type { OwnIdentifiers } from './own-identifiers.ts';
import type { DeidentifyPolicy } from './policy.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** How often each thing was done in one object. */
export interface ActionCounts {
  /** Actions of PS3.15 E.1: removed, emptied, replaced by a dummy, by a new UID, kept by an option, cleaned or shifted by one. */
  X: number;
  Z: number;
  D: number;
  U: number;
  K: number;
  C: number;
  /** Private elements removed. */
  private: number;
  /** Elements that the table does not name and that could tell something. */
  unlisted: number;
  /** Values that were to stay and held an identifier of the object. */
  identifiers: number;
}

export const noCounts = (): ActionCounts => ({
  X: 0,
  Z: 0,
  D: 0,
  U: 0,
  K: 0,
  C: 0,
  private: 0,
  unlisted: 0,
  identifiers: 0,
});

/** One object on its way: what it is cleaned by, and what was done. */
export interface Cleaning {
  readonly policy: DeidentifyPolicy;
  readonly pseudonyms: Pseudonyms;
  readonly sopClassUid: string;
  /** In place of Patient ID. */
  readonly patientId: string;
  /** By which dates move under modified dates. */
  readonly shiftDays: number;
  readonly identifiers: OwnIdentifiers;
  readonly counts: ActionCounts;
  /** Original UID to new UID, of all that were met. */
  readonly uids: Map<string, string>;
}

/**
 * How attributes are treated that the table does not name. `kept`: as the standard has it. `dummy`: inside a sequence of which nothing may
 * stay but its form. `cleaned`: inside one whose text is cleaned.
 */
export type Mode = 'kept' | 'dummy' | 'cleaned';

export interface Where {
  readonly isTopLevel: boolean;
  readonly mode: Mode;
}
