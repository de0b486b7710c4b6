import type { NewDelivery } from '../../../../core/delivery.ts';
import type { DeliveryId } from '../../../../core/ids.ts';
import type { DeliveryClaim, DeliveryLease, ProcessedMessage } from '../../../../core/ports/index.ts';

/** What the claims of one commit still give, and what they gave. */
export class Grants {
  readonly leased: DeliveryLease[] = [];
  readonly #left = new Map<string, { readonly claim: DeliveryClaim; count: number }>();

  constructor(claims: readonly DeliveryClaim[], results: readonly ProcessedMessage[]) {
    for (const claim of claims) {
      if (!isContested(claim, results)) this.#left.set(claim.destination, { claim, count: claim.limit });
    }
  }

  /** The claim under which a delivery is leased from its first moment; undefined when it has to wait like the others. */
  take(id: DeliveryId, delivery: NewDelivery): DeliveryClaim | undefined {
    const left = this.#left.get(delivery.destination);
    if (left === undefined || left.count <= 0 || delivery.dueAtMs > left.claim.nowMs) return undefined;
    left.count -= 1;
    this.leased.push({ id, leaseOwner: left.claim.owner, leaseEpoch: 1 });
    return left.claim;
  }
}

/** More than the claim takes, of several priorities: the urgent ones go first, and that is the work of `Claims`. */
function isContested(claim: DeliveryClaim, results: readonly ProcessedMessage[]): boolean {
  const wanted = results.flatMap(({ deliveries }) =>
    deliveries.filter(({ destination }) => destination === claim.destination),
  );
  return wanted.length > claim.limit && new Set(wanted.map(({ priority }) => priority)).size > 1;
}
