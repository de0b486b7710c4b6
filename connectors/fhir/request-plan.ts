import { BitHiveError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import {
  isObject,
  objectsIn,
  parseFhirJson,
  resourceTypeNames,
  textOf,
  type UnknownObject,
} from '../../formats/fhir/index.ts';

/** The HTTP request that a delivery stands for. */
export interface RequestPlan {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Relative to the base; empty: the base itself. */
  readonly path: string;
  readonly ifNoneExist?: string;
  readonly ifMatch?: string;
  /** Sending it twice has the effect of sending it once, so a lost answer is no reason to ask an operator. */
  readonly isIdempotent: boolean;
  /** It asks the server to search first, so it can lose a race with another writer (409, 412) and win the next time. */
  readonly isConditional: boolean;
}

/**
 * Facts `{method, url, ifNoneExist, ifMatch}` name the request; without a `url` a batch or transaction goes to the base, a message to
 * `$process-message`, and a resource or another Bundle is created under its type. The url stays below the base. Throws BH_FHIR_SYNTAX for a body or facts that make no request.
 */
export function planRequest(body: Uint8Array, facts: JsonObject | undefined): RequestPlan {
  const method = methodOf(facts?.method);
  const isDelete = method === 'DELETE';
  const resource = isDelete ? undefined : resourceOf(body);
  const type = resource === undefined ? undefined : textOf(resource, 'resourceType');
  const path =
    typeof facts?.url === 'string' ? facts.url : type === 'Bundle' ? bundlePath(resource) : (type ?? '');
  checkPath(path, method);
  if (path === '' && resource !== undefined) return { method, path, ...bundleNature(resource) };
  const ifNoneExist = headerText(facts?.ifNoneExist, 'ifNoneExist');
  const ifMatch = headerText(facts?.ifMatch, 'ifMatch');
  return {
    method,
    path,
    ...(ifNoneExist === undefined ? {} : { ifNoneExist }),
    ...(ifMatch === undefined ? {} : { ifMatch }),
    isIdempotent: ifMatch === undefined && (method !== 'POST' || ifNoneExist !== undefined),
    isConditional: ifNoneExist !== undefined || path.includes('?'),
  };
}

/** The base takes batches and transactions (FHIR R4 §3.1.0.11); a message goes to its operation, and everything else is only kept. */
function bundlePath(bundle: UnknownObject | undefined): string {
  const type = bundle && textOf(bundle, 'type');
  if (type === 'message') return processMessage;
  return type === 'batch' || type === 'transaction' ? '' : 'Bundle';
}

const processMessage = '$process-message';

function methodOf(value: unknown): RequestPlan['method'] {
  if (value === undefined) return 'POST';
  if (value === 'POST' || value === 'PUT' || value === 'DELETE') return value;
  throw new BitHiveError('BH_FHIR_SYNTAX', 'facts.method is not POST, PUT or DELETE');
}

function resourceOf(body: Uint8Array): UnknownObject {
  const value = parseFhirJson(body);
  if (isObject(value) && resourceTypeNames().has(textOf(value, 'resourceType') ?? '')) return value;
  throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is no FHIR resource');
}

function checkPath(path: string, method: RequestPlan['method']): void {
  const match = /^([A-Z][A-Za-z]+)(?:\/[A-Za-z0-9\-.]{1,64})?(?:\?[^\s#]*)?$/.exec(path);
  const isBase = path === '' && method === 'POST';
  if (
    isBase ||
    (path === processMessage && method === 'POST') ||
    (match !== null && resourceTypeNames().has(match[1] ?? ''))
  )
    return;
  throw new BitHiveError('BH_FHIR_SYNTAX', 'facts.url is not Type, Type/id or Type?criteria');
}

function headerText(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && !/[\r\n]/.test(value)) return value;
  throw new BitHiveError('BH_FHIR_SYNTAX', `facts.${name} is not a line of text`);
}

function bundleNature(bundle: UnknownObject): { isIdempotent: boolean; isConditional: boolean } {
  const requests = objectsIn(bundle, 'entry').flatMap((entry) => objectsIn(entry, 'request'));
  const isPlainCreate = (request: UnknownObject) =>
    textOf(request, 'method') === 'POST' && textOf(request, 'ifNoneExist') === undefined;
  const isGuarded = (request: UnknownObject) => textOf(request, 'ifMatch') !== undefined;
  const isConditional = (request: UnknownObject) =>
    textOf(request, 'ifNoneExist') !== undefined || (textOf(request, 'url') ?? '').includes('?');
  return {
    // Bundles that are only stored (document, message, collection) carry no requests: each POST makes another.
    isIdempotent: requests.length > 0 && !requests.some((one) => isPlainCreate(one) || isGuarded(one)),
    isConditional: requests.some(isConditional),
  };
}
