import type { LeasedDelivery } from '../../core/delivery.ts';
import { fhirBinaryContentType } from '../../core/document.ts';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Blobs } from '../../core/ports/index.ts';
import { binaryJson } from '../../formats/fhir/index.ts';
import type { RequestPlan } from './request-plan.ts';

/** A request whose body is made while it leaves; each attempt makes it anew. */
export interface StreamedRequest {
  readonly plan: RequestPlan;
  readonly bytesCount: number;
  body(): AsyncIterable<Uint8Array>;
}

/**
 * `PUT Binary/id` of a document that lies in the blob store, as FHIR JSON: servers take a Binary in its own media type as well, but not all
 * of them, and not with an id of the client's. null for any other delivery. Throws BH_FHIR_SYNTAX for facts that name no Binary.
 */
export function binaryRequest(delivery: LeasedDelivery, blobs: Blobs | undefined): StreamedRequest | null {
  const { contentType, body, facts } = delivery;
  if (contentType !== fhirBinaryContentType) return null;
  const { url, mediaType } = facts ?? {};
  if (
    typeof url !== 'string' ||
    !/^Binary\/[A-Za-z0-9\-.]{1,64}$/.test(url) ||
    typeof mediaType !== 'string'
  ) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the facts name no Binary');
  }
  if (body.kind === 'inline' || blobs === undefined) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'a Binary is delivered from the blob store');
  }
  if (body.bytesCount > limits.deliveryBodyBytesMax) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is over the limit of a delivery');
  }
  const json = binaryJson(url, mediaType, body.bytesCount);
  return {
    plan: { method: 'PUT', path: url, isIdempotent: true, isConditional: false },
    bytesCount: json.bytesCount,
    body: () => json.chunks(blobs.stream(body.hash)),
  };
}
