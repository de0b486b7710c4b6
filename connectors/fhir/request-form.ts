import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { LeasedDelivery } from '../../core/delivery.ts';
import type { FhirDestinationOptions } from './destination-options.ts';
import type { RequestPlan } from './request-plan.ts';

export const fhirJson = 'application/fhir+json';
const gzipBytesMin = 1_024;
const zip = promisify(gzip);

export async function pack(
  body: Uint8Array,
  mayZip: boolean,
): Promise<{ bytes: Uint8Array; headers: Record<string, string> }> {
  const headers = { 'content-type': fhirJson };
  if (!mayZip || body.byteLength < gzipBytesMin) return { bytes: body, headers };
  return { bytes: await zip(body), headers: { ...headers, 'content-encoding': 'gzip' } };
}

/** The delivery's id goes with each attempt (X-Request-Id); all deliveries of one message share a trace (W3C Trace Context). */
export function headersOf(
  options: FhirDestinationOptions,
  delivery: LeasedDelivery,
  plan: RequestPlan,
): Record<string, string> {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const trace = hash(`message ${delivery.channel} ${delivery.messageId}`).slice(0, 32);
  const span = hash(`delivery ${delivery.id} ${delivery.attempts}`).slice(0, 16);
  return {
    ...options.headers,
    accept: fhirJson,
    prefer: 'return=minimal',
    'x-request-id': String(delivery.id),
    traceparent: `00-${trace}-${span}-01`,
    ...(plan.ifNoneExist === undefined ? {} : { 'if-none-exist': plan.ifNoneExist }),
    ...(plan.ifMatch === undefined ? {} : { 'if-match': plan.ifMatch }),
  };
}
