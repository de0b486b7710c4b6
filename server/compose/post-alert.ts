import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { BitHiveError } from '../../core/errors.ts';
import type { AlertChange } from '../../pipelines/alerts/monitor.ts';

const answerMs = 10_000;

/**
 * Posts raised and cleared alerts as JSON; a redirect is a refusal. Throws BH_DELIVERY_UNREACHABLE or BH_DELIVERY_REFUSED.
 *
 * @param lookup how the webhook's name becomes an address; absent: as the system does it
 */
export function postAlert(url: string, lookup?: LookupFunction): (change: AlertChange) => Promise<void> {
  const dispatcher = lookup === undefined ? {} : { dispatcher: new Agent({ connect: { lookup } }) };
  return async (change) => {
    const answer = await request(url, {
      ...dispatcher,
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
