import { type BlobHash, parseBlobHash } from '../../../core/ids.ts';
import type { MessageFacts } from '../../../core/ports/index.ts';
import type { InstanceFacts } from '../../../core/study.ts';
import { instanceFactsSchema } from '../../../core/study-schema.ts';

/** An instance that the engine still holds: the facts of its message, and the body's blob. */
export interface HeldInstance extends InstanceFacts {
  readonly blob: BlobHash;
  readonly bytesCount: number;
}

const named = ['sopInstanceUid', 'studyInstanceUid'] as const;
const required = [...named, 'seriesInstanceUid', 'sopClassUid', 'transferSyntaxUid', 'modality'] as const;

/**
 * null for what was refused, and for facts that no instance has. Of thousands that are looked through only that is checked which each instance
 * has; `checkedInstance` is asked of those that are shown.
 */
export function heldInstance({ status, facts, blob }: MessageFacts): HeldInstance | null {
  const hash = parseBlobHash(blob?.hash ?? '');
  if (status === 'quarantined' || !hash || blob === undefined || facts === undefined) return null;
  const isWhole = required.every((name) => typeof facts[name] === 'string');
  if (!isWhole || named.some((name) => facts[name] === '')) return null;
  // Its own facts: they were parsed for this list alone.
  return Object.assign(facts as unknown as InstanceFacts, { blob: hash, bytesCount: blob.bytesCount });
}

/** null for facts of another shape than the engine writes. */
export function checkedInstance(instance: HeldInstance): HeldInstance | null {
  const parsed = instanceFactsSchema.safeParse(instance);
  return parsed.success ? { ...parsed.data, blob: instance.blob, bytesCount: instance.bytesCount } : null;
}
