import { BitHiveError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import {
  type FhirIssue,
  isObject,
  resourceTypeNames,
  textOf,
  type UnknownObject,
} from '../../formats/fhir/index.ts';

/** What a request asks, by its method and path. */
export type Address =
  /** `POST [base]`: a Bundle. */
  | { readonly kind: 'base' }
  /** `POST [base]/Type`. */
  | { readonly kind: 'create'; readonly type: string }
  /** `PUT [base]/Type/id`: also how a rest-hook Subscription whose endpoint is the base delivers. */
  | { readonly kind: 'update'; readonly type: string; readonly id: string }
  /** `POST [base]/$process-message`. */
  | { readonly kind: 'message' }
  /** `POST [base]/$notify/name`: something a Subscription asked for has happened. An empty body says no more than that. */
  | { readonly kind: 'notification'; readonly subscription: string };

interface Parameters {
  readonly type?: string;
  readonly id?: string;
  readonly subscription?: string;
}

const fhirId = /^[A-Za-z0-9\-.]{1,64}$/;

/** Throws BH_HTTP_NOT_FOUND for a type that R4 has not, or an id or name that is none. */
export function checkParameters({ type, id, subscription }: Parameters): void {
  if (type !== undefined && !resourceTypeNames().has(type)) {
    throw new BitHiveError('BH_HTTP_NOT_FOUND', 'R4 has no resource type of this name');
  }
  for (const name of [id, subscription]) {
    if (name !== undefined && !fhirId.test(name)) {
      throw new BitHiveError('BH_HTTP_NOT_FOUND', 'the address ends with no id of FHIR');
    }
  }
}

/** The type that a body must have at this address; undefined where any may come. */
export function expectedType(address: Address, value: unknown): string | undefined {
  if (address.kind === 'create' || address.kind === 'update') return address.type;
  if (address.kind === 'notification' && isObject(value)) return textOf(value, 'resourceType');
  return undefined;
}

/** What is wrong with a body of the right type at this address. */
export function addressIssues(address: Address, value: unknown): readonly FhirIssue[] {
  if (!isObject(value)) return [];
  if (address.kind === 'message' && textOf(value, 'type') !== 'message') {
    return [fault('Bundle.type', '$process-message takes a Bundle of type message')];
  }
  if (address.kind === 'update' && textOf(value, 'id') !== address.id) {
    return [fault(`${address.type}.id`, 'the id is not that of the address')];
  }
  return [];
}

const fault = (path: string, message: string): FhirIssue => ({
  severity: 'error',
  code: 'value',
  path,
  message,
});

/** What a destination needs to do the same at another server. */
export function factsOf(address: Address): JsonObject {
  if (address.kind === 'update') return { method: 'PUT', url: `${address.type}/${address.id}` };
  return address.kind === 'notification' ? { subscription: address.subscription } : {};
}

/** Throws BH_HTTP_INPUT: the answer of an asynchronous message would go to an address that the sender names. */
export function checkQuery(address: Address, query: UnknownObject): void {
  if (address.kind !== 'message') return;
  if (textOf(query, 'async') === 'true' || query['response-url'] !== undefined) {
    throw new BitHiveError(
      'BH_HTTP_INPUT',
      'messages are answered at once: leave out async and response-url',
    );
  }
}
