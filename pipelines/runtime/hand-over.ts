import type { LeasedDelivery } from '../../core/delivery.ts';
import type { Message } from '../../core/message.ts';
import type {
  ChannelLease,
  CommitReceipt,
  DeliveryClaim,
  ProcessedMessage,
  Store,
} from '../../core/ports/index.ts';

/** Who sends deliveries of one destination. */
export interface Claimant {
  /** What it would send at once; each claim is handed back. */
  claim(): DeliveryClaim | null;
  /** What the claim got; nothing when the commit failed. */
  hand(claim: DeliveryClaim, leased: readonly LeasedDelivery[]): void;
}

/**
 * Commits a batch. What the deliverers of this process have a place for is leased in the same transaction and handed to them with its body
 * as it stands here: nothing is read back, and nobody waits for a second sync.
 */
export async function commitAndHandOver(
  { store, deliverers }: { readonly store: Store; readonly deliverers: readonly Claimant[] },
  lease: ChannelLease,
  messages: readonly Message[],
  results: readonly ProcessedMessage[],
): Promise<CommitReceipt> {
  const claims = results.some(({ deliveries }) => deliveries.length > 0) ? claimsOf(deliverers) : [];
  let leased: readonly LeasedDelivery[] = [];
  try {
    const receipt = await store.commitProcessed(
      lease,
      results,
      claims.map(({ claim }) => claim),
    );
    leased = leasedOf(
      receipt,
      messages,
      results,
      claims.map(({ claim }) => claim),
    );
    return receipt;
  } finally {
    for (const { deliverer, claim } of claims) {
      deliverer.hand(
        claim,
        leased.filter(({ destination }) => destination === claim.destination),
      );
    }
  }
}

function claimsOf(deliverers: readonly Claimant[]) {
  return deliverers.flatMap((deliverer) => {
    const claim = deliverer.claim();
    return claim ? [{ deliverer, claim }] : [];
  });
}

function leasedOf(
  { ids, leased }: CommitReceipt,
  messages: readonly Message[],
  results: readonly ProcessedMessage[],
  claims: readonly DeliveryClaim[],
): readonly LeasedDelivery[] {
  if (leased.length === 0) return [];
  const leases = new Map(leased.map((one) => [one.id, one]));
  const claimOf = new Map(claims.map((claim) => [claim.destination, claim]));
  return results.flatMap((result, at) => {
    // A batch is a run of the messages read, from the first one on.
    const { channel, channelVersion } = messages[at]!;
    return result.deliveries.flatMap((delivery, index): LeasedDelivery[] => {
      const id = ids[at]![index]!;
      const lease = leases.get(id);
      const claim = claimOf.get(delivery.destination);
      if (!lease || !claim) return [];
      return [
        {
          ...delivery,
          ...lease,
          id,
          messageId: result.id,
          channel,
          channelVersion,
          state: 'leased',
          attempts: 1,
          createdAtMs: result.processedAtMs,
          leaseUntilMs: claim.nowMs + claim.leaseMs,
        },
      ];
    });
  });
}
