import { z } from 'zod';
import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import { BitHiveError, toBitHiveError } from '../../../core/errors.ts';
import type { Blobs, Destination } from '../../../core/ports/index.ts';
import { baseUrl } from '../../http/base-url.ts';
import { ExchangeFailed } from '../../http/exchange.ts';
import type { HttpClient, HttpClientOptions } from '../../http/http-client.ts';
import { lazyHttpClient } from '../../http/lazy-client.ts';
import { isHeld } from './is-held.ts';
import { instanceOfBlob, instanceOfBytes, type OutgoingInstance } from './outgoing-instance.ts';
import { storeInstances } from './store-instances.ts';
import { retry, storeVerdict } from './store-outcome.ts';

export interface StowDestinationOptions extends Omit<HttpClientOptions, 'connections'> {
  /** Requests in flight at most, each with one instance. Default 4. */
  readonly concurrency?: number;
  readonly blobs: Blobs;
}

/** What the facts of a delivery name: those of an instance as it came in, or of an object that the engine made. */
const instanceNames = z.object({
  sopInstanceUid: z.string().min(1),
  studyInstanceUid: z.string().optional(),
  study: z.string().optional(),
});

interface Instance extends OutgoingInstance {
  readonly sopInstanceUid: string;
  readonly studyInstanceUid?: string;
}

/**
 * A DICOMweb archive as a receiver: STOW-RS, one instance a request, since each delivery ends by itself. It is delivered only when the
 * archive names the instance as stored, or, where it says nothing usable, when a search finds it there. The same object may always be sent
 * again, so a lost answer is tried again and never `unknown`.
 */
export function createStowDestination(options: StowDestinationOptions): Destination {
  const target = baseUrl(options.url);
  const connections = options.concurrency ?? 4;
  const client = lazyHttpClient({ ...options, connections });
  return {
    kind: 'stow',
    target,
    concurrency: connections,
    async send(delivery, signal) {
      try {
        const instance = instanceOf(delivery, options.blobs);
        return await attempt(await client.connect(), options, instance, delivery.attempts, signal);
      } catch (error) {
        return outcomeOfError(error);
      }
    },
    close: () => client.close(),
  };
}

async function attempt(
  client: HttpClient,
  { ports }: StowDestinationOptions,
  instance: Instance,
  attempts: number,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const answer = await storeInstances(client, [instance], { random: ports.random, signal });
  const verdict = storeVerdict(answer, instance.sopInstanceUid, ports.clock.nowMs());
  if (verdict.kind !== 'unproven') return verdict;
  // Refused as a duplicate at once: what the archive holds came from elsewhere, and may differ.
  if (verdict.isDuplicate && attempts <= 1) {
    return { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED', detail: verdict.why } };
  }
  const held = await isHeld(client, instance, signal).catch((error: unknown) => {
    // What did not come to an answer proves nothing, as one that finds nothing.
    if (error instanceof BitHiveError || error instanceof ExchangeFailed) return false;
    throw error;
  });
  if (held) {
    return { kind: 'delivered', note: `${verdict.why}; a search finds it in the archive` };
  }
  return retry('BH_DELIVERY_UNPROVEN', `${verdict.why}; a search does not find it`);
}

function instanceOf({ body, facts }: LeasedDelivery, blobs: Blobs): Instance {
  const named = instanceNames.safeParse(facts);
  if (!named.success) throw new BitHiveError('BH_DICOM_ATTRIBUTE', 'the facts name no SOP instance');
  const { sopInstanceUid, studyInstanceUid = named.data.study } = named.data;
  const outgoing = body.kind === 'inline' ? instanceOfBytes(body.bytes) : instanceOfBlob(body, blobs);
  return { ...outgoing, sopInstanceUid, ...(studyInstanceUid === undefined ? {} : { studyInstanceUid }) };
}

/** The request did not come to an answer, or nothing has left. */
function outcomeOfError(error: unknown): DeliveryOutcome {
  if (error instanceof ExchangeFailed) {
    // Our own body broke: its blob is gone or damaged.
    if (error.cause instanceof BitHiveError) return outcomeOfError(error.cause);
    const what = error.isSent ? 'the answer was lost: ' : '';
    return retry('BH_DELIVERY_UNREACHABLE', `${what}${error.reason}`);
  }
  const { code, detail, entry } = toBitHiveError(error);
  if (code === 'BH_INTERNAL') throw error;
  const isLost = code.startsWith('BH_DICOM_') || code === 'BH_BLOB_CORRUPT' || code === 'BH_STORE_NOT_FOUND';
  return isLost && entry.permanent ? { kind: 'dead', error: { code, detail } } : retry(code, detail);
}
