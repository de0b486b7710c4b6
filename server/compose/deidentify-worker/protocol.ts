import type { Deidentified, DeidentifyPolicy } from '../../../mappings/deidentify/index.ts';

/** One object to be de-identified. */
export interface DeidentifyRequest {
  readonly bytes: Uint8Array;
  readonly policy: DeidentifyPolicy;
  /** What the pseudonyms are made by; the thread is part of this process. */
  readonly secret: string;
  /** UIDs of the original whose new ones the asker wants to know, where the object has them. */
  readonly askedUids: readonly string[];
}

/**
 * `uids` holds the ones that were asked for and the one of the study: an object of a million UIDs would hold up the asker by the reading of them all.
 */
export type DeidentifyReply = Deidentified;
