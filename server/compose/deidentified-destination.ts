import type { DeliveryOutcome, LeasedDelivery } from '../../core/delivery.ts';
import { toBitHiveError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Blobs, Destination } from '../../core/ports/index.ts';
import type { Deidentified, DeidentifyPolicy } from '../../mappings/deidentify/index.ts';
import { bodyBytes } from './body-bytes.ts';
import type { DeidentifyThread } from './deidentify-thread.ts';

export interface DeidentifiedOptions {
  readonly policy: DeidentifyPolicy;
  /** The key of the pseudonyms. */
  readonly secret: string;
  readonly thread: Pick<DeidentifyThread, 'object'>;
  readonly blobs: Pick<Blobs, 'read' | 'stream'>;
  /** Told of each object before it leaves, so that whatever comes back of it can be understood. */
  readonly leaves: (delivery: LeasedDelivery, object: Deidentified) => Promise<void>;
}

/**
 * A destination that gets objects without what names the patient. An object that cannot be made so is dead with its code, and nothing of it was
 * sent; what the receiver answers speaks of the new UIDs.
 */
export function deidentifiedDestination(inner: Destination, options: DeidentifiedOptions): Destination {
  return {
    kind: inner.kind,
    target: inner.target,
    concurrency: inner.concurrency,
    async send(delivery, signal) {
      const prepared = await prepare(delivery, options);
      return 'outcome' in prepared ? prepared.outcome : inner.send(prepared.delivery, signal);
    },
    close: () => inner.close(),
  };
}

type Prepared = { readonly delivery: LeasedDelivery } | { readonly outcome: DeliveryOutcome };

async function prepare(
  delivery: LeasedDelivery,
  { policy, secret, thread, blobs, leaves }: DeidentifiedOptions,
): Promise<Prepared> {
  try {
    const bytes = await bodyBytes(delivery.body, blobs);
    const askedUids = textsOf(delivery.facts ?? {});
    const object = await thread.object({ bytes, policy, secret, askedUids });
    await leaves(delivery, object);
    const { facts, ...rest } = delivery;
    return {
      delivery: {
        ...rest,
        body: { kind: 'inline', bytes: object.bytes },
        ...(facts === undefined ? {} : { facts: factsOf(facts, object) }),
      },
    };
  } catch (error) {
    const { code, detail, entry } = toBitHiveError(error);
    if (code === 'BH_INTERNAL') throw error;
    return { outcome: { kind: entry.permanent ? 'dead' : 'retry', error: { code, detail } } };
  }
}

const textsOf = (facts: JsonObject): readonly string[] =>
  Object.values(facts).filter((value) => typeof value === 'string');

/** Facts that say nothing of a person. */
const plainFacts: ReadonlySet<string> = new Set(['version', 'model', 'result']);

/** What the destination is told beside the body: the new UIDs, and nothing that is not known to be harmless. */
function factsOf(facts: JsonObject, object: Deidentified): JsonObject {
  const { sopInstanceUid, sopClassUid, studyInstanceUid } = object;
  const told: Record<string, Json> = { sopInstanceUid, sopClassUid };
  if (studyInstanceUid !== '') Object.assign(told, { study: studyInstanceUid, studyInstanceUid });
  for (const [name, value] of Object.entries(facts)) {
    if (plainFacts.has(name)) told[name] = value;
    else if (typeof value === 'string' && object.uids.has(value)) told[name] = object.uids.get(value) ?? '';
  }
  return told;
}
