import { request } from 'undici';
import { BitHiveError } from '../../core/errors.ts';
import type { AlertChange } from '../../pipelines/alerts/monitor.ts';

const answerMs = 10_000;

/** Posts raised and cleared alerts as JSON. Throws BH_DELIVERY_UNREACHABLE or BH_DELIVERY_REFUSED. */
export function postAlert(url: string): (change: AlertChange) => Promise<void> {
  return async (change) => {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
    }).catch((cause: unknown) => {
      throw new BitHiveError('BH_DELIVERY_UNREACHABLE', 'the alert webhook does not answer', { cause });
    });
    await answer.body.dump();
    if (answer.statusCode < 300) return;
    throw new BitHiveError('BH_DELIVERY_REFUSED', `the alert webhook answered ${answer.statusCode}`);
  };
}
