import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { limits } from '../../core/limits.ts';
import type { Arrival, Body, Refusal } from '../../core/message.ts';
import type { Blobs } from '../../core/ports/index.ts';
import { isObject, resourceTypeNames, textOf, type UnknownObject } from '../../formats/fhir/index.ts';
import { exchangeIdentifier, searchKeysOf } from './search-keys.ts';

export interface PostedBody {
  readonly headers: IncomingHttpHeaders;
  readonly sender: string;
  /** As unpacked. */
  readonly bytes: Uint8Array;
  /** What was parsed from them; undefined where that failed. */
  readonly value: unknown;
  readonly blobs: Blobs;
  readonly bytesMax: number;
}

/** The posted body as a message. Its facts carry X-Request-Id and If-None-Exist as sent. */
export async function arrivalOf(posted: PostedBody, refusal?: Refusal): Promise<Arrival> {
  const { headers, sender, bytes, value } = posted;
  const resource = isObject(value) ? value : undefined;
  const type = resource && textOf(resource, 'resourceType');
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  const ifNoneExist = headers['if-none-exist'];
  const requestId = requestIdOf(headers);
  return {
    kind: 'fhir',
    type: type !== undefined && resourceTypeNames().has(type) ? type : 'unknown',
    sender,
    contentType: 'application/fhir+json',
    body: await bodyOf(posted),
    searchKeys: resource === undefined ? [] : searchKeysOf(resource),
    dedupe: { key: dedupeKey(sender, requestId, resource, contentHash), contentHash },
    ...(refusal === undefined ? {} : { refusal }),
    facts: {
      ...(requestId === undefined ? {} : { requestId }),
      ...(typeof ifNoneExist === 'string' ? { ifNoneExist } : {}),
    },
  };
}

async function bodyOf({ bytes, blobs, bytesMax }: PostedBody): Promise<Body> {
  if (bytes.byteLength <= limits.inlineBodyBytesMax) return { kind: 'inline', bytes };
  return { kind: 'blob', ...(await blobs.put(once(bytes), bytesMax)) };
}

/** FHIR R4 §3.1.0.1.6 gives the header; one that is not printable or too long names nothing. */
function requestIdOf(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['x-request-id'];
  return typeof id === 'string' && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined;
}

/** What the sender calls this exchange, else its very bytes: sent again it is answered again and processed once. */
function dedupeKey(
  sender: string,
  requestId: string | undefined,
  resource: UnknownObject | undefined,
  contentHash: string,
): string {
  const name = requestId ?? (resource && exchangeIdentifier(resource));
  return createHash('sha256')
    .update(JSON.stringify(['fhir', sender, name ?? contentHash]))
    .digest('hex');
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
