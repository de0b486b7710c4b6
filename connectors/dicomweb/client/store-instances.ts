import { Readable } from 'node:stream';
import { limits } from '../../../core/limits.ts';
import type { Random } from '../../../core/ports/index.ts';
import {
  boundaryOf,
  multipartBytesCount,
  multipartRelated,
  writeMultipart,
} from '../../../formats/multipart/index.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { OutgoingInstance } from './outgoing-instance.ts';
import { readStoreAnswer, type StoreAnswer } from './store-answer.ts';

export interface StoreOptions {
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Sends to `studies/{uid}`: the server refuses instances of other studies. */
  readonly studyInstanceUid?: string;
}

const partHeaders = { 'Content-Type': 'application/dicom' };

/**
 * Stores instances by one streamed request of STOW-RS (PS3.18 10.5). Nothing but the piece in hand is in memory. An instance is stored only when
 * the answer's `stored` holds it: the status alone says nothing of one.
 *
 * The whole must be over within `limits.dicomwebAnswerMs` and the time that its bytes take at `limits.dicomwebBytesPerSecondMin`. Throws
 * `ExchangeFailed`, BH_CONFIG_SECRET, BH_DELIVERY_UNREACHABLE.
 */
export async function storeInstances(
  client: HttpClient,
  instances: readonly OutgoingInstance[],
  { random, signal, studyInstanceUid }: StoreOptions,
): Promise<StoreAnswer> {
  const boundary = boundaryOf(random.bytes(16));
  const parts = instances.map(({ bytesCount }) => ({ headers: partHeaders, bytesCount }));
  const bytesCount = multipartBytesCount(parts, boundary);
  const study = studyInstanceUid === undefined ? '' : `/${encodeURIComponent(studyInstanceUid)}`;
  const answer = await client.exchange(
    {
      method: 'POST',
      path: `/studies${study}`,
      headers: {
        'content-type': multipartRelated('application/dicom', boundary),
        'content-length': String(bytesCount),
        accept: 'application/dicom+json, application/dicom+xml;q=0.5',
      },
      body: () => Readable.from(bodyOf(instances, boundary), { objectMode: false }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(transferMs(bytesCount))]),
    },
    limits.deliveryAnswerBytesMax,
  );
  return readStoreAnswer(answer);
}

/** Time for a transfer of so many bytes, the server's own work with them included. */
export const transferMs = (bytesCount: number): number =>
  limits.dicomwebAnswerMs + Math.ceil((bytesCount / limits.dicomwebBytesPerSecondMin) * 1_000);

function bodyOf(instances: readonly OutgoingInstance[], boundary: string): AsyncIterable<Uint8Array> {
  return writeMultipart(
    instances.map((instance) => ({ headers: partHeaders, body: instance.body() })),
    boundary,
  );
}
