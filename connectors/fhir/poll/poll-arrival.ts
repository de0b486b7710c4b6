import { createHash } from 'node:crypto';
import { limits } from '../../../core/limits.ts';
import type { Arrival, Body } from '../../../core/message.ts';
import type { Blobs } from '../../../core/ports/index.ts';
import { textOf, type UnknownObject } from '../../../formats/fhir/index.ts';
import { fhirJson } from '../request-form.ts';
import { searchKeysOf } from '../search-keys.ts';
import { lastUpdatedOf } from './page.ts';

export const cursorKey = (type: string): string => `fhir-poll ${type}`;

/**
 * A changed resource with what it refers to, as a collection. The version makes it the same one when it is seen again. `cursor` is how far the
 * round is known to be whole once this is processed; the pipeline keeps it.
 */
export async function changedArrival(
  base: string,
  blobs: Blobs,
  focus: UnknownObject,
  around: readonly UnknownObject[],
  cursor: string | undefined,
): Promise<Arrival> {
  const type = textOf(focus, 'resourceType') ?? '';
  const id = textOf(focus, 'id') ?? '';
  const entry = [focus, ...around].map((resource) => ({
    fullUrl: `${base}/${textOf(resource, 'resourceType')}/${textOf(resource, 'id')}`,
    resource,
  }));
  const timestamp = lastUpdatedOf(focus);
  const bundle = { resourceType: 'Bundle', type: 'collection', ...(timestamp ? { timestamp } : {}), entry };
  const contentHash = sha256(JSON.stringify(focus));
  return {
    kind: 'fhir',
    type,
    sender: base,
    contentType: fhirJson,
    body: await bodyOf(Buffer.from(JSON.stringify(bundle)), blobs),
    searchKeys: searchKeysOf(bundle),
    dedupe: {
      key: sha256(JSON.stringify(['fhir-poll', base, type, id, versionOf(focus) ?? contentHash])),
      contentHash,
    },
    facts: cursor === undefined ? {} : { cursor: { key: cursorKey(type), value: cursor } },
  };
}

/** Says only where the first round began: what changed while the engine was down is then not missed. */
export function beginningArrival(base: string, type: string, moment: string): Arrival {
  const bundle = { resourceType: 'Bundle', type: 'searchset', total: 0 };
  return {
    kind: 'fhir',
    type: 'fhir-poll',
    sender: base,
    contentType: fhirJson,
    body: { kind: 'inline', bytes: Buffer.from(JSON.stringify(bundle)) },
    searchKeys: [],
    facts: { cursor: { key: cursorKey(type), value: moment }, cursorOnly: true },
  };
}

async function bodyOf(bytes: Uint8Array, blobs: Blobs): Promise<Body> {
  if (bytes.byteLength <= limits.inlineBodyBytesMax) return { kind: 'inline', bytes };
  return { kind: 'blob', ...(await blobs.put(once(bytes), limits.deliveryBodyBytesMax)) };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

function versionOf(resource: UnknownObject): string | undefined {
  const { meta } = resource;
  return typeof meta === 'object' && meta !== null ? textOf(meta as UnknownObject, 'versionId') : undefined;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
