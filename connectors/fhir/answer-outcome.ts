import type { DeliveryOutcome } from '../../core/delivery.ts';
import type { ErrorCode } from '../../core/errors.ts';
import {
  fieldOf,
  isObject,
  objectsIn,
  outcomeText,
  textOf,
  type UnknownObject,
} from '../../formats/fhir/index.ts';
import type { ExchangeFailed } from '../http/exchange.ts';
import type { FhirAnswer } from './fhir-client.ts';
import type { RequestPlan } from './request-plan.ts';

export interface AttemptFacts {
  readonly plan: RequestPlan;
  /** This attempt's number, from 1. */
  readonly attempt: number;
  readonly conflictAttemptsMax: number;
  readonly nowMs: number;
}

/** Statuses by which the server says that it did nothing and that the same request may work later (RFC 9110, 6585, 8470). */
const waiting = new Set([408, 425, 429, 503, 507]);
/** A gateway gave up on the server behind it: what that one did is not known (RFC 9110 §15.6). */
const gateway = new Set([502, 504]);

/**
 * What an answer means for the delivery.
 * - 2xx: `delivered`. A Bundle whose entries hold refusals counts as the worst of them; a body that is no FHIR (a proxy's page
 *   under 200) as a lost answer.
 * - 408, 425, 429, 503, 507: retry, after Retry-After where given. Other 5xx but 501 and 505: retry; but 502 and 504 of a
 *   request that is not idempotent are a lost answer.
 * - 409 and 412 of a conditional request: another writer was quicker; retry, but only `conflictAttemptsMax` times, since the same statuses
 *   say that several resources match. With If-Match there is nothing to gain by trying again.
 * - all else: dead, with the text of the OperationOutcome.
 */
export function outcomeOfAnswer(answer: FhirAnswer, facts: AttemptFacts): DeliveryOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return outcomeOfSuccess(answer, facts);
  return outcomeOfStatus(status, textOfAnswer(answer), facts, retryAfterMs(answer, facts.nowMs));
}

/** No answer. What never left, and what may be repeated, is tried again; the rest is `unknown`. */
export function outcomeOfFailure(error: ExchangeFailed, plan: RequestPlan): DeliveryOutcome {
  if (!error.isSent) return retry('BH_DELIVERY_UNREACHABLE', error.reason);
  return lostAnswer(plan, error.reason);
}

function lostAnswer(plan: RequestPlan, reason: string): DeliveryOutcome {
  if (plan.isIdempotent) return retry('BH_DELIVERY_UNREACHABLE', `the answer was lost: ${reason}`);
  const detail = `the request left, its answer was lost: ${reason}`;
  return { kind: 'unknown', error: { code: 'BH_DELIVERY_UNKNOWN', detail } };
}

function outcomeOfStatus(
  status: number,
  text: string,
  { plan, attempt, conflictAttemptsMax }: AttemptFacts,
  afterMs?: number,
): DeliveryOutcome {
  const detail = `HTTP ${status}${text === '' ? '' : `: ${text}`}`;
  if (waiting.has(status)) return retry('BH_DELIVERY_BUSY', detail, afterMs);
  if (gateway.has(status)) {
    return plan.isIdempotent ? retry('BH_DELIVERY_UNREACHABLE', detail, afterMs) : lostAnswer(plan, detail);
  }
  if (status >= 500 && status !== 501 && status !== 505) return retry('BH_DELIVERY_BUSY', detail, afterMs);
  const isRace = (status === 409 || status === 412) && plan.isConditional && plan.ifMatch === undefined;
  if (isRace && attempt < conflictAttemptsMax) return retry('BH_DELIVERY_BUSY', detail);
  return { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED', detail } };
}

function retry(code: ErrorCode, detail: string, retryAfterMs?: number): DeliveryOutcome {
  const error = { code, detail };
  return retryAfterMs === undefined ? { kind: 'retry', error } : { kind: 'retry', error, retryAfterMs };
}

function outcomeOfSuccess(answer: FhirAnswer, facts: AttemptFacts): DeliveryOutcome {
  if (answer.body === undefined)
    return { kind: 'delivered', note: 'the answer was over the limit and is not kept' };
  if (answer.body.byteLength === 0) return { kind: 'delivered' };
  if (answer.resource === undefined)
    return lostAnswer(facts.plan, `HTTP ${answer.status} without a FHIR body`);
  const refused = refusedEntry(answer.resource);
  if (refused === undefined) return { kind: 'delivered' };
  return outcomeOfStatus(refused.status, refused.text, facts);
}

/** A batch answers 200 whatever its entries met; the first that will never work decides, else the first that may. */
function refusedEntry(resource: UnknownObject): { status: number; text: string } | undefined {
  if (textOf(resource, 'resourceType') !== 'Bundle') return undefined;
  const refused = objectsIn(resource, 'entry').flatMap((entry, index) => {
    const response = objectsIn(entry, 'response')[0];
    const status = Number.parseInt((response && textOf(response, 'status')) ?? '', 10);
    if (response === undefined || !(status >= 400)) return [];
    return [{ status, text: `entry ${index}: ${outcomeText(fieldOf(response, 'outcome')) ?? 'refused'}` }];
  });
  return refused.find(({ status }) => status < 500 && !waiting.has(status)) ?? refused[0];
}

/** Seconds or a date (RFC 9110 §10.2.3); what cannot be read, or lies in the past, is left out. */
function retryAfterMs(answer: FhirAnswer, nowMs: number): number | undefined {
  const text = answer.headers.get('retry-after');
  if (text === null) return undefined;
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return waitMs > 0 ? waitMs : undefined;
}

function textOfAnswer(answer: FhirAnswer): string {
  const location = answer.headers.get('location');
  if (answer.status >= 300 && answer.status < 400) return `redirect to ${location}, which is not followed`;
  const text = isObject(answer.resource) ? outcomeText(answer.resource) : undefined;
  return text ?? '';
}
