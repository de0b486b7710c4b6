import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { parseMediaType, readMultipart } from '../../../formats/multipart/index.ts';
import type { OpenAnswer } from '../../http/exchange.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { archiveFault } from './archive-fault.ts';

/** One range a request: archives in the field read no list. The first asks for the objects as they are stored; the second is for those that do not know `*`. */
const forms = [
  'multipart/related; type="application/dicom"; transfer-syntax=*',
  'multipart/related; type="application/dicom"',
] as const;
/** By which an archive says that it does not know what was asked for. */
const notUnderstood: ReadonlySet<number> = new Set([400, 406]);

/** Objects are taken up to these limits, whatever the archive says of their sizes. */
const partLimits = {
  partsMax: limits.stowPartsMax,
  partBytesMax: limits.stowPartBytesMax,
  partHeaderBytesMax: limits.stowPartHeaderBytesMax,
};

/**
 * The objects of a study, series or instance (WADO-RS, PS3.18 10.4), as the archive stores them where it can, streamed: the archive is read no faster than
 * the caller reads. Read each body before asking for the next one.
 *
 * Throws BH_DELIVERY_BUSY, BH_DELIVERY_REFUSED (status, media type, a body of another shape or over the limits), what `HttpClient` throws.
 */
export async function* retrieve(
  client: HttpClient,
  path: string,
  stop: AbortSignal,
): AsyncGenerator<AsyncIterable<Uint8Array>, void, undefined> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(limits.dicomwebRetrieveMs)]);
  const answer = await ask(client, path, signal);
  try {
    if (answer.status !== 200 && answer.status !== 206) throw archiveFault(answer.status, 'retrieval');
    for await (const body of refusing(objectsIn(answer))) yield refusing(body);
  } finally {
    answer.discard();
  }
}

async function* objectsIn(answer: OpenAnswer): AsyncGenerator<AsyncIterable<Uint8Array>, void, undefined> {
  const media = parseMediaType(answer.headers.get('content-type') ?? '');
  const body = bounded(answer.body);
  if (media?.type === 'application/dicom') {
    yield body;
    return;
  }
  const boundary = media?.parameters.get('boundary');
  if (media?.type !== 'multipart/related' || boundary === undefined)
    throw new BitHiveError('BH_DELIVERY_REFUSED', 'retrieval: the archive did not answer DICOM objects');
  for await (const part of readMultipart(body, boundary, partLimits)) yield part.body;
}

async function ask(client: HttpClient, path: string, signal: AbortSignal): Promise<OpenAnswer> {
  const open = (accept: string) => client.open({ method: 'GET', path, headers: { accept }, signal });
  const answer = await open(forms[0]);
  if (!notUnderstood.has(answer.status)) return answer;
  answer.discard();
  return open(forms[1]);
}

/** What is wrong with the multipart body, in whichever part it breaks, is the archive's fault. */
async function* refusing<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* source;
  } catch (cause) {
    if (!(cause instanceof BitHiveError) || !cause.code.startsWith('BH_MULTIPART_')) throw cause;
    throw new BitHiveError('BH_DELIVERY_REFUSED', `retrieval: ${cause.code} ${cause.detail}`, { cause });
  }
}

async function* bounded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let bytesCount = 0;
  for await (const piece of body) {
    bytesCount += piece.byteLength;
    if (bytesCount > limits.stowBodyBytesMax)
      throw new BitHiveError('BH_DELIVERY_REFUSED', `retrieval: over ${limits.stowBodyBytesMax} bytes`);
    yield piece;
  }
}
