import type { Config, PacsWay } from '../../config/index.ts';
import { search } from '../../connectors/dicomweb/client/index.ts';
import {
  echo,
  proposeServices,
  requestAssociation,
  statusText,
  verification,
} from '../../connectors/dimse/index.ts';
import { openHttpClient } from '../../connectors/http/http-client.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Keys } from '../../core/ports/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import { clientTls } from './client-tls.ts';
import { clientSettings } from './http-client-settings.ts';
import type { OutboundRules } from './outbound.ts';
import { pacsNode, pacsServer } from './pacs-settings.ts';

interface Asking {
  readonly config: Config;
  readonly keys: Keys;
  readonly outbound: OutboundRules;
}

const answerMs = 5_000;
/** A UID that no study has (PS3.5 B.2: made from the UUID zero). */
const noStudy = '2.25.0';

/**
 * Asks the PACS of the settings whether it is there and takes us: C-ECHO, or a search for a study that does not exist. Nothing about a patient
 * is asked.
 *
 * @throws BH_DIMSE_*, BH_DELIVERY_*, BH_CONFIG_*
 */
export function askPacs(way: PacsWay, asking: Asking): Promise<void> {
  return way === 'dimse' ? askNode(asking) : askServer(asking);
}

async function askNode({ config, keys, outbound }: Asking): Promise<void> {
  const { ae, host, port, tls } = pacsNode(config);
  const node = {
    host,
    port,
    calledAe: ae,
    callingAe: config.dimse.aeTitle,
    ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
    ...(tls ? { tls: await clientTls(tls, keys) } : {}),
  };
  const times = { clock: systemClock, answerMs, connectMs: answerMs };
  const association = await requestAssociation(node, { ...times, contexts: proposeServices([verification]) });
  try {
    const { status = 0xffff } = await echo(association, answerMs);
    if (status !== 0) throw new BitHiveError('BH_DELIVERY_REFUSED', `C-ECHO: ${statusText(status)}`);
  } finally {
    await association.release(answerMs);
  }
}

async function askServer({ config, keys, outbound }: Asking): Promise<void> {
  const { url, auth, tls } = pacsServer(config);
  const client = await openHttpClient({
    url,
    connections: 1,
    ports: { clock: systemClock, random: systemRandom, keys },
    ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
    ...(await clientSettings({ auth, tls })),
  });
  try {
    const signal = AbortSignal.timeout(answerMs);
    const query = { StudyInstanceUID: noStudy };
    const found = search(client, { path: '/studies', query, pageSize: 1, resultsMax: 1, signal });
    for await (const _study of found) break;
  } finally {
    await client.close();
  }
}
