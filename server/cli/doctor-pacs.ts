import { pacsWaysOf } from '../../config/index.ts';
import { ExchangeFailed } from '../../connectors/http/exchange.ts';
import { toBitHiveError } from '../../core/errors.ts';
import type { CompiledChannel } from '../../pipelines/channel/compile.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { askPacs } from '../compose/ask-pacs.ts';
import { checkChannels } from '../compose/check-channels.ts';
import { addressOf, pacsText } from '../compose/pacs-settings.ts';
import { type Check, good, type Subject } from './doctor-check.ts';

export const noChannelNamesPacs =
  'pacs is set, and no channel sends to it: its file needs "- pacs: {}" under "to"';

export const namePacs = (channels: readonly CompiledChannel[]): boolean =>
  channels.some(({ destinations }) => destinations.some(({ kind }) => kind.kind === 'pacs'));

/** What goes to the PACS of the settings, whether a channel sends it, and whether the PACS answers. Throws as `checkChannels`. */
export async function pacsOf({ config, env, cwd }: Subject): Promise<Omit<Check, 'name'>> {
  const ways = pacsWaysOf(config);
  const text = pacsText(config);
  if (ways === null || text === null) return good('not set: pacs.url or pacs.aeTitle sends results there');
  const keys = createSystemKeys({ env, cwd });
  const { channels, parts } = await checkChannels({ config, environment: env, keys });
  if (!namePacs(channels))
    return { verdict: 'advice', detail: noChannelNamesPacs, next: 'Edit the channel file.' };
  for (const way of new Set([ways.results, ways.priors ?? ways.results])) {
    const why = await askPacs(way, { config, keys, outbound: parts.outbound }).then(() => null, reasonOf);
    if (why !== null)
      return {
        verdict: 'advice',
        detail: `${addressOf(config, way)} does not answer as it should: ${why}`,
        next: "See that it runs, that it knows this engine's AE title or credentials, and that the address is right. What is due waits meanwhile.",
      };
  }
  return good(`${text}; it answers`);
}

function reasonOf(error: unknown): string {
  if (error instanceof ExchangeFailed) return error.reason;
  const { code, detail } = toBitHiveError(error);
  if (code === 'BH_INTERNAL') throw error;
  return `${code}: ${detail}`;
}
