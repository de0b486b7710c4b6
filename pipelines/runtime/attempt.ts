import type { DeliveryOutcome, LeasedDelivery } from '../../core/delivery.ts';
import { dicomContentType, dicomResultContentType } from '../../core/dicom-object.ts';
import { fhirBinaryContentType } from '../../core/document.ts';
import { toBitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival, NewMessage } from '../../core/message.ts';
import type { Blobs, Settlement } from '../../core/ports/index.ts';
import { backoffMs } from './backoff.ts';
import type { DelivererOptions } from './deliverer.ts';

/** Sends a delivery once. What the destination threw, and what may not be tried again, is an outcome too: this never rejects. */
export async function attemptDelivery(
  options: DelivererOptions,
  delivery: LeasedDelivery,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const outcome = await send(options, delivery, signal);
  if (outcome.kind !== 'retry') return outcome;
  const expired = options.clock.nowMs() >= delivery.expiresAtMs;
  if (!expired && delivery.attempts < limits.deliveryAttemptsMax) return outcome;
  const detail = `after ${delivery.attempts} attempts: ${outcome.error.code} ${outcome.error.detail}`;
  return { kind: 'dead', error: { code: 'BH_DELIVERY_EXPIRED', detail } };
}

/** What the store has to write of an attempt: when to try again, or the answer as a message. */
export function settlementOf(
  options: DelivererOptions,
  delivery: LeasedDelivery,
  outcome: DeliveryOutcome,
): Settlement {
  const atMs = options.clock.nowMs();
  if (outcome.kind === 'retry') {
    const { retry } = options.destination;
    const delayMs = backoffMs(retry, delivery.attempts, options.random, outcome.retryAfterMs);
    return { outcome, atMs, nextDueAtMs: atMs + delayMs };
  }
  const answer = 'answer' in outcome ? outcome.answer : undefined;
  return answer ? { outcome, atMs, answer: bind(options, delivery, answer, atMs) } : { outcome, atMs };
}

async function send(
  { destination, blobs, logger }: DelivererOptions,
  delivery: LeasedDelivery,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  try {
    return await destination.open.send(await withBody(delivery, blobs), signal);
  } catch (error) {
    const { code, detail, entry } = toBitHiveError(error);
    if (code === 'BH_INTERNAL') logger.error('delivery.failed', { delivery_id: delivery.id }, error);
    return { kind: entry.permanent ? 'dead' : 'retry', error: { code, detail } };
  }
}

/** What a destination reads piece by piece from the blob store itself. */
const streamed: ReadonlySet<string> = new Set([
  dicomContentType,
  dicomResultContentType,
  fhirBinaryContentType,
]);

async function withBody(delivery: LeasedDelivery, blobs: Blobs): Promise<LeasedDelivery> {
  const { body } = delivery;
  if (body.kind === 'inline' || streamed.has(delivery.contentType)) return delivery;
  return { ...delivery, body: { kind: 'inline', bytes: await blobs.read(body.hash) } };
}

/** The answer is a message of the same channel and version as what it answers. */
function bind(
  { channel, destination }: DelivererOptions,
  delivery: LeasedDelivery,
  answer: Arrival,
  atMs: number,
): NewMessage {
  return {
    ...answer,
    facts: { ...answer.facts, destination: destination.name, delivery: delivery.id },
    channel,
    channelVersion: delivery.channelVersion,
    receivedAtMs: atMs,
    keys: [],
    parent: delivery.messageId,
  };
}
