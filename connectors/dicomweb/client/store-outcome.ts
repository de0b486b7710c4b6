import type { DeliveryOutcome } from '../../../core/delivery.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import type { InstanceOutcome, StoreAnswer } from './store-answer.ts';
import { reasonClass, reasonText } from './store-reason.ts';

/**
 * What an answer to a request with one instance means for its delivery. `unproven`: the archive may hold the instance and did not say so; whoever
 * asks it decides.
 */
export type StoreVerdict =
  | DeliveryOutcome
  | { readonly kind: 'unproven'; readonly why: string; readonly isDuplicate: boolean };

/** Statuses by which the server says that it did nothing and that the same request may work later (RFC 9110, 6585, 8470). */
const waiting = new Set([408, 425, 429, 503, 507]);

/**
 * The instance's own entry decides, whatever the status: in the Referenced SOP Sequence it is stored (with a Warning Reason: and noted), in the
 * Failed SOP Sequence its reason says whether to try again. Without an entry a 2xx proves nothing, a status that asks to wait and most of
 * 5xx are tried again, everything else is the end.
 */
export function storeVerdict(answer: StoreAnswer, sopInstanceUid: string, nowMs: number): StoreVerdict {
  const { status } = answer;
  const failed = answer.failed.find((entry) => entry.sopInstanceUid === sopInstanceUid) ?? nameless(answer);
  if (failed !== undefined) return outcomeOfFailed(failed, status);
  const stored = answer.stored.find((entry) => entry.sopInstanceUid === sopInstanceUid);
  if (stored !== undefined) {
    return stored.reason === undefined
      ? { kind: 'delivered' }
      : { kind: 'delivered', note: `stored with ${textOf(stored)}` };
  }
  if (status >= 200 && status < 300) {
    return { kind: 'unproven', why: `HTTP ${status} without a word on the instance`, isDuplicate: false };
  }
  const detail = `HTTP ${status}${answer.text === '' ? '' : `: ${plain(answer.text)}`}`;
  if (waiting.has(status) || (status >= 500 && status !== 501 && status !== 505)) {
    const retryAfterMs = waitMs(answer.retryAfter, nowMs);
    return { ...retry('BH_DELIVERY_BUSY', detail), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  return { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED', detail } };
}

/** One object was sent: an entry without a UID, alone, is of the object that the server could not read. */
function nameless({ stored, failed }: StoreAnswer): InstanceOutcome | undefined {
  const [only] = failed;
  return stored.length === 0 && failed.length === 1 && only?.sopInstanceUid === '' ? only : undefined;
}

function outcomeOfFailed(failed: InstanceOutcome, status: number): StoreVerdict {
  const detail = `HTTP ${status}: ${textOf(failed)}`;
  const meaning = reasonClass(failed.reason);
  if (meaning === 'transient') return retry('BH_DELIVERY_BUSY', detail);
  if (meaning === 'duplicate') return { kind: 'unproven', why: detail, isDuplicate: true };
  return { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED', detail } };
}

function textOf({ reason, comment }: InstanceOutcome): string {
  const text = reason === undefined ? 'no reason' : reasonText(reason);
  return comment === undefined || comment === '' ? text : `${text} (${plain(comment)})`;
}

const plain = (text: string): string => text.replaceAll(/[\s\u0000-\u001f\u007f]+/g, ' ').trim();

export function retry(code: ErrorCode, detail: string): DeliveryOutcome & { kind: 'retry' } {
  return { kind: 'retry', error: { code, detail } };
}

/** Seconds or a date (RFC 9110 §10.2.3); what cannot be read, or lies in the past, is left out. */
function waitMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return ms > 0 ? ms : undefined;
}
