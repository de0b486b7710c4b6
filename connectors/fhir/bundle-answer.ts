import type { Acceptance } from '../../core/ports/index.ts';
import {
  type FhirIssue,
  fieldOf,
  isObject,
  type OperationOutcome,
  objectsIn,
  outcomeOf,
  outcomeOfIssues,
  textOf,
  type UnknownObject,
} from '../../formats/fhir/index.ts';

type Taken = Exclude<Acceptance, { kind: 'refused' | 'relayed' }>;

/** A resource of ours that answers a Bundle. */
export type AnswerBundle = UnknownObject & { readonly resourceType: 'Bundle' };

/**
 * The response Bundle that FHIR R4 §3.1.0.11.2 asks for: one entry for each of the request, in its order. Its status is 202 where the entry was
 * made durable and its effect is still to come, 422 with the paths where it was refused. null for a Bundle that is no batch and no transaction.
 *
 * @param refused issues of the entries of a batch that were left out, by their number from 0
 */
export function entriesAnswer(
  bundle: UnknownObject,
  acceptance: Taken,
  refused: ReadonlyMap<number, readonly FhirIssue[]>,
): AnswerBundle | null {
  const type = textOf(bundle, 'type');
  if (type !== 'batch' && type !== 'transaction') return null;
  const warning = warningOf(acceptance);
  const entry = objectsIn(bundle, 'entry').map((_, index) => {
    const issues = refused.get(index);
    if (issues !== undefined) {
      const outcome = outcomeOfIssues(issues, 'BH_FHIR_INVALID');
      return { response: { status: '422 Unprocessable Entity', outcome } };
    }
    // A warning is of the whole; a Bundle has no place for it but its entries.
    const isTold = warning !== null && index === 0;
    return { response: { status: '202 Accepted', ...(isTold ? { outcome: warning } : {}) } };
  });
  return { resourceType: 'Bundle', type: `${type}-response`, ...(entry.length === 0 ? {} : { entry }) };
}

export interface MessageAnswerContext {
  readonly version: string;
  readonly atMs: number;
  /** A new UUID each time. */
  readonly uuid: () => string;
}

const fhirId = /^[A-Za-z0-9\-.]{1,64}$/;

/**
 * The response message (FHIR R4 §2.4.4, MessageHeader.response): `ok` says that the message is durable and its effect follows. null for
 * a Bundle that is no message.
 */
export function messageAnswer(
  bundle: UnknownObject,
  acceptance: Taken,
  { version, atMs, uuid }: MessageAnswerContext,
): AnswerBundle | null {
  const header = headerOf(bundle);
  if (header === undefined) return null;
  const [headerId, outcomeId, bundleId] = [uuid(), uuid(), uuid()];
  const text = `${acceptance.duplicate ? 'already accepted' : 'accepted'} as message ${acceptance.id}`;
  const outcome = {
    ...(warningOf(acceptance) ?? outcomeOf('information', 'informational', text)),
    id: outcomeId,
  };
  const source = objectsIn(header, 'source')[0];
  const endpoint = source && textOf(source, 'endpoint');
  return {
    resourceType: 'Bundle',
    id: bundleId,
    type: 'message',
    timestamp: new Date(atMs).toISOString(),
    entry: [
      {
        fullUrl: `urn:uuid:${headerId}`,
        resource: {
          resourceType: 'MessageHeader',
          id: headerId,
          ...eventOf(header),
          ...(endpoint === undefined ? {} : { destination: [{ endpoint }] }),
          source: { name: 'BitHive', software: 'BitHive', version, endpoint: 'urn:bithive' },
          response: {
            identifier: messageIdentifier(bundle) ?? String(acceptance.id),
            code: 'ok',
            details: { reference: `urn:uuid:${outcomeId}` },
          },
        },
      },
      { fullUrl: `urn:uuid:${outcomeId}`, resource: outcome },
    ],
  };
}

/** MessageHeader.id, which names the message however often it is sent; else the id of its Bundle. */
export function messageIdentifier(bundle: UnknownObject): string | undefined {
  const header = headerOf(bundle);
  if (header === undefined) return undefined;
  return [textOf(header, 'id'), textOf(bundle, 'id')].find((id) => id !== undefined && fhirId.test(id));
}

function headerOf(bundle: UnknownObject): UnknownObject | undefined {
  if (textOf(bundle, 'type') !== 'message') return undefined;
  const first = objectsIn(bundle, 'entry')[0];
  const resource = first === undefined ? undefined : fieldOf(first, 'resource');
  return isObject(resource) && textOf(resource, 'resourceType') === 'MessageHeader' ? resource : undefined;
}

function eventOf(header: UnknownObject): UnknownObject {
  for (const name of ['eventCoding', 'eventUri']) {
    const event = fieldOf(header, name);
    if (event !== undefined) return { [name]: event };
  }
  return {};
}

function warningOf({ kind, ...rest }: Taken): OperationOutcome | null {
  const { warning } = rest;
  return warning === undefined ? null : outcomeOf('warning', 'processing', warning.detail, warning.code);
}
