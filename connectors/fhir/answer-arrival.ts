import type { DeliveryOutcome } from '../../core/delivery.ts';
import { toBitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival, Body } from '../../core/message.ts';
import type { Blobs } from '../../core/ports/index.ts';
import { textOf } from '../../formats/fhir/index.ts';
import type { FhirAnswer } from './fhir-client.ts';
import { fhirJson } from './request-form.ts';

/** A delivered outcome with the answer as a message, when there is one that can be kept. */
export async function withAnswer(
  outcome: DeliveryOutcome,
  answer: FhirAnswer,
  target: string,
  blobs: Blobs | undefined,
): Promise<DeliveryOutcome> {
  if (outcome.kind !== 'delivered' || answer.resource === undefined || answer.body === undefined)
    return outcome;
  const body = await bodyOf(answer.body, blobs);
  if (typeof body === 'string') return { kind: 'delivered', note: `the answer is not kept: ${body}` };
  const arrival: Arrival = {
    kind: 'answer',
    type: textOf(answer.resource, 'resourceType') ?? '',
    sender: target,
    contentType: fhirJson,
    body,
    searchKeys: [],
    facts: { status: answer.status, location: answer.headers.get('location') },
  };
  return { kind: 'delivered', answer: arrival };
}

/** A large body goes to the blob store. Where that fails the delivery is still done: the reason why its answer is lost instead. */
async function bodyOf(bytes: Uint8Array, blobs: Blobs | undefined): Promise<Body | string> {
  if (bytes.byteLength <= limits.inlineBodyBytesMax) return { kind: 'inline', bytes };
  if (blobs === undefined) return 'it is large and there is no blob store';
  try {
    return { kind: 'blob', ...(await blobs.put(once(bytes), limits.deliveryAnswerBytesMax)) };
  } catch (error) {
    return toBitHiveError(error).code;
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
