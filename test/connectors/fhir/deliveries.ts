import type { LeasedDelivery } from '../../../core/delivery.ts';
import { deliveryId, messageId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Clock, Keys, Random } from '../../../core/ports/index.ts';

export const neverStopped = new AbortController().signal;

/** Deliveries and ports as the runtime would give them. */
export function delivery(resource: unknown, facts?: JsonObject, attempts = 1): LeasedDelivery {
  const bytes = typeof resource === 'string' ? resource : JSON.stringify(resource);
  return {
    id: deliveryId(41),
    messageId: messageId(7),
    channel: 'adt',
    channelVersion: 1,
    state: 'leased',
    attempts,
    createdAtMs: 0,
    destination: 'ehr',
    lanes: [],
    priority: 0,
    dueAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    contentType: 'application/fhir+json',
    body: { kind: 'inline', bytes: new TextEncoder().encode(bytes) },
    ...(facts === undefined ? {} : { facts }),
    leaseOwner: 'test',
    leaseEpoch: 1,
    leaseUntilMs: 0,
  };
}

export interface TestPorts {
  readonly clock: Clock & { ms: number };
  readonly random: Random;
  readonly keys: Keys;
}

export function testPorts(secrets: { [reference: string]: string } = {}): TestPorts {
  const clock = {
    ms: Date.parse('2026-03-01T08:00:00Z'),
    nowMs: () => clock.ms,
    monotonicMs: () => clock.ms,
    after: () => () => {},
  };
  let seed = 1;
  return {
    clock,
    random: {
      fraction: () => 0.5,
      bytes: (count) => new Uint8Array(count).fill(seed++),
    },
    keys: { secret: async (reference) => secrets[reference] ?? '' },
  };
}
