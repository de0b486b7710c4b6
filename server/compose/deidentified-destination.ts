import type { DeliveryOutcome, LeasedDelivery } from '../../core/delivery.ts';
import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { Body } from '../../core/message.ts';
import type { Blobs, Destination } from '../../core/ports/index.ts';
import {
  type Deidentified,
  type DeidentifyPolicy,
  deidentify,
  type Pseudonyms,
} from '../../mappings/deidentify/index.ts';

export interface DeidentifiedOptions {
  readonly policy: DeidentifyPolicy;
  readonly pseudonyms: Pseudonyms;
  readonly blobs: Pick<Blobs, 'read'>;
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
  { policy, pseudonyms, blobs, leaves }: DeidentifiedOptions,
): Promise<Prepared> {
  try {
    const object = await deidentify(await bytesOf(delivery.body, blobs), policy, pseudonyms);
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

/** @throws BH_DICOM_LIMIT when a body is too large to be read whole */
async function bytesOf(body: Body, blobs: Pick<Blobs, 'read'>): Promise<Uint8Array> {
  if (body.kind === 'inline') return body.bytes;
  if (body.bytesCount > limits.deidentifyObjectBytesMax)
    throw new BitHiveError('BH_DICOM_LIMIT', `${body.bytesCount} bytes are too many to be de-identified`);
  return await blobs.read(body.hash);
}

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
