import type { ErrorEntry } from '../../core/error-catalogue.ts';
import { catalogue, type ErrorCode } from '../../core/error-catalogue.ts';
import type { Refusal } from '../../core/message.ts';
import type { InstanceFacts } from '../../core/study.ts';
import type { ObjectUids } from './file-meta.ts';

/** What became of one part of a store request. */
export type InstanceResult =
  | {
      readonly kind: 'stored';
      readonly facts: InstanceFacts;
      readonly duplicate: boolean;
      readonly warning?: Refusal;
    }
  /** `isKept`: in quarantine. Otherwise nothing of it is left here and the sender has to keep it. */
  | {
      readonly kind: 'refused';
      readonly error: Refusal;
      readonly uids: ObjectUids;
      readonly isKept: boolean;
    };

/** The catalogue's word on a refusal; one with a code that is not of the catalogue is an unexpected failure. */
export function entryOf(refusal: Refusal): ErrorEntry {
  return Object.hasOwn(catalogue, refusal.code)
    ? catalogue[refusal.code as ErrorCode]
    : catalogue.BH_INTERNAL;
}
