import type { DeliveryOutcome } from '../../../core/delivery.ts';
import { type ErrorCode, toBitHiveError } from '../../../core/errors.ts';
import { reasonClass, reasonText } from '../../dicomweb/client/store-reason.ts';
import type { CommandSet } from '../message/command-set.ts';
import { statusClass, statuses } from '../message/statuses.ts';

export function retry(code: ErrorCode, detail: string, retryAfterMs?: number): DeliveryOutcome {
  return { kind: 'retry', error: { code, detail }, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

export function dead(code: ErrorCode, detail: string): DeliveryOutcome {
  return { kind: 'dead', error: { code, detail } };
}

/**
 * What the answer to a C-STORE means for its delivery. A warning is a success, and noted. An archive that has an instance of this UID
 * already is taken at its word only where an earlier attempt of ours may have brought it there.
 */
export function storeOutcome(answer: CommandSet, attempts: number): DeliveryOutcome {
  const { status = 0xffff } = answer;
  const text = [reasonText(status), answer.errorComment].filter(Boolean).join(': ');
  const kind = statusClass(status);
  if (kind === 'success') return { kind: 'delivered' };
  if (kind === 'warning') return { kind: 'delivered', note: `stored with ${text}` };
  if (status === statuses.duplicateSopInstance && attempts > 1)
    return { kind: 'delivered', note: `${text}: an earlier attempt had arrived` };
  return reasonClass(status) === 'transient'
    ? retry('BH_DELIVERY_BUSY', text)
    : dead('BH_DELIVERY_REFUSED', text);
}

/** What the archive says of an instance that it does not vouch for (PS3.4 J.4.1): for now, or for good. */
export function uncommittedOutcome(reason: number): DeliveryOutcome {
  const text = reasonText(reason);
  // It lost what it had taken: to be sent again.
  const isLost = reason === statuses.noSuchSopInstance || reason === 0x0131;
  return isLost || reasonClass(reason) === 'transient'
    ? retry('BH_DELIVERY_BUSY', `not committed: ${text}`)
    : dead('BH_DELIVERY_REFUSED', `not committed: ${text}`);
}

/** C-STORE is idempotent: what was not answered is sent again, and an object that is gone or broken here is the end. */
export function outcomeOfError(error: unknown, isStopping: boolean): DeliveryOutcome {
  const { code, detail, entry } = toBitHiveError(error);
  if (code === 'BH_INTERNAL') throw error;
  if (isStopping) return retry('BH_STOPPING', detail);
  const isPeersFault = code === 'BH_DIMSE_PROTOCOL' || code === 'BH_DIMSE_STATUS';
  return entry.permanent && !isPeersFault ? dead(code, detail) : retry(code, detail);
}
