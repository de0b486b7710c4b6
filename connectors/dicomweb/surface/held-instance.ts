import { type BlobHash, parseBlobHash } from '../../../core/ids.ts';
import type { MessageSummary } from '../../../core/message.ts';
import type { InstanceFacts } from '../../../core/study.ts';
import { instanceFactsSchema } from '../../../core/study-schema.ts';

/** An instance that the engine still holds: the facts of its message, and the body's blob. */
export interface HeldInstance extends InstanceFacts {
  readonly blob: BlobHash;
  readonly bytesCount: number;
}

/** null for what was refused, and for facts of another shape than the engine writes. */
export function heldInstance({ status, facts, bodySize }: MessageSummary): HeldInstance | null {
  const blob = parseBlobHash(bodySize.hash ?? '');
  if (status === 'quarantined' || !blob) return null;
  const parsed = instanceFactsSchema.safeParse(facts);
  return parsed.success ? { ...parsed.data, blob, bytesCount: bodySize.bytesCount } : null;
}
