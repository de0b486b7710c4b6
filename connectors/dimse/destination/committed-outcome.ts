import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { askCommitment, hearCommitment } from '../commitment/ask-commitment.ts';
import type { AwaitedCommitments } from '../commitment/awaited-commitments.ts';
import { derivedUid } from '../derived-uid.ts';
import type { ObjectKind } from '../scu/outgoing-object.ts';
import type { Association } from '../upper-layer/association.ts';
import { retry, uncommittedOutcome } from './store-outcome.ts';

export interface CommitmentRules {
  readonly awaited: AwaitedCommitments;
  readonly archiveAe: string;
  readonly clock: Clock;
  readonly waitMs: number;
  readonly answerMs: number;
}

/** Archives may take hours; an object is not stored again and asked for anew before that. */
const silenceMsMax = 3_600_000;
const lookAgainMs = 60_000;

/** What is known already of an object that an earlier attempt has stored; null where it is to be stored (again). */
export function knownOutcome(rules: CommitmentRules, object: ObjectKind): DeliveryOutcome | null {
  const { awaited, archiveAe, clock } = rules;
  const { sopInstanceUid } = object;
  const heard = heardOutcome(rules, object, { kind: 'delivered' });
  if (heard !== null) return heard;
  const askedAtMs = awaited.askedAtMs(archiveAe, sopInstanceUid);
  if (askedAtMs === null || clock.monotonicMs() - askedAtMs > silenceMsMax) return null;
  return uncommittedYet();
}

/** Asks the archive to vouch for an object that it has just taken, and waits for its word. */
export async function askedOutcome(
  rules: CommitmentRules,
  association: Association,
  sent: {
    readonly object: ObjectKind;
    readonly delivery: LeasedDelivery;
    readonly outcome: DeliveryOutcome & { readonly kind: 'delivered' };
  },
): Promise<DeliveryOutcome> {
  const { awaited, archiveAe, clock, answerMs } = rules;
  const { object, delivery } = sent;
  const { sopInstanceUid } = object;
  const transactionUid = derivedUid('commitment', delivery.channel, delivery.id, delivery.attempts);
  // Before the request: the word may come sooner than the answer to it.
  awaited.asked(archiveAe, sopInstanceUid, clock.monotonicMs());
  await askCommitment(association, transactionUid, [object], answerMs).catch((error: unknown) => {
    awaited.forget(archiveAe, sopInstanceUid);
    throw error;
  });
  await hearCommitment(association, awaited, sopInstanceUid, rules);
  return heardOutcome(rules, object, sent.outcome) ?? uncommittedYet();
}

function heardOutcome(
  { awaited, archiveAe }: CommitmentRules,
  { sopInstanceUid }: ObjectKind,
  stored: DeliveryOutcome & { readonly kind: 'delivered' },
): DeliveryOutcome | null {
  const word = awaited.word(archiveAe, sopInstanceUid);
  if (word === null) return null;
  awaited.forget(archiveAe, sopInstanceUid);
  if (word !== 'committed') return uncommittedOutcome(word.reason);
  return { ...stored, note: [stored.note, 'committed'].filter(Boolean).join('; ') };
}

const uncommittedYet = (): DeliveryOutcome =>
  retry('BH_DELIVERY_UNPROVEN', 'stored; the archive has not committed itself yet', lookAgainMs);
