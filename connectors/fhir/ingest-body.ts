import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import {
  type FhirIssue,
  fieldOf,
  isObject,
  textOf,
  type UnknownObject,
  validationSteps,
} from '../../formats/fhir/index.ts';

const unzip = promisify(gunzip);

/** Throws BH_HTTP_TOO_LARGE for a body that unpacks to more than `bytesMax`, BH_FHIR_SYNTAX for one that is no gzip. */
export async function unpack(
  body: Uint8Array,
  contentEncoding: string | undefined,
  bytesMax: number,
): Promise<Uint8Array> {
  if (contentEncoding === undefined || !/gzip/i.test(contentEncoding)) return body;
  try {
    return await unzip(body, { maxOutputLength: bytesMax });
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BitHiveError('BH_HTTP_TOO_LARGE', 'the unpacked body is over the limit', { cause });
    }
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not gzip', { cause });
  }
}

/** Throws BH_HTTP_TOO_LARGE: a Bundle of more entries is not even validated. */
export function checkEntryCount(resource: UnknownObject): void {
  const entries = fieldOf(resource, 'entry');
  if (!Array.isArray(entries) || entries.length <= limits.bundleEntriesMax) return;
  throw new BitHiveError('BH_HTTP_TOO_LARGE', `the Bundle has more than ${limits.bundleEntriesMax} entries`);
}

/** The event loop is given back after this long, so that other requests and the heartbeats of leases go on. */
const sliceMs = 10;

/**
 * All issues of a resource that was posted to `expectedType` (undefined: to the base, where only Bundles belong). The clock only
 * decides when to take a breath.
 */
export async function issuesOf(
  value: unknown,
  expectedType: string | undefined,
  monotonicMs: () => number,
): Promise<readonly FhirIssue[]> {
  const found: FhirIssue[] = [];
  let sinceMs = monotonicMs();
  for (const issues of validationSteps(value)) {
    found.push(...issues);
    if (monotonicMs() - sinceMs < sliceMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    sinceMs = monotonicMs();
  }
  return [...addressIssues(value, expectedType), ...found].slice(0, limits.fhirIssuesMax);
}

function addressIssues(value: unknown, expectedType: string | undefined): readonly FhirIssue[] {
  const type = isObject(value) ? textOf(value, 'resourceType') : undefined;
  const expected = expectedType ?? 'Bundle';
  if (type === undefined || type === expected) return [];
  const message = `a ${expected} is taken at this address`;
  return [{ severity: 'error', code: 'structure', path: 'Resource', message }];
}
