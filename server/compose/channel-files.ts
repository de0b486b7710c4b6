import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, pacsWaysOf } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { ChannelFile } from '../../pipelines/channel/compile-channels.ts';

export type Environment = { readonly [name: string]: string | undefined };

/** The channels that come with the engine. */
export const bundledChannels = fileURLToPath(new URL('../../config/channels/', import.meta.url));

/** Every `*.yaml` of the folder, by name. Throws BH_CONFIG_SYNTAX when the folder cannot be read or holds none. */
export async function readChannelFiles(folder: string = bundledChannels): Promise<readonly ChannelFile[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new BitHiveError('BH_CONFIG_SYNTAX', `the channel folder ${folder} cannot be read`, { cause });
  });
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  if (files.length === 0)
    throw new BitHiveError('BH_CONFIG_SYNTAX', `no channel files (*.yaml) in ${folder}`);
  return Promise.all(
    files.map(async (name) => ({
      file: join(folder, name),
      text: await readFile(join(folder, name), 'utf8'),
    })),
  );
}

/** What `${NAME}` in a channel file stands for: the process environment, with the settings that channels ask for by name. */
export function channelEnvironment(config: Config, environment: Environment): Environment {
  const { fhirUrl } = config.ehr;
  const ways = pacsWaysOf(config);
  return {
    ...environment,
    ...(fhirUrl === undefined ? {} : { EHR_FHIR_URL: fhirUrl }),
    ...(ways === null ? {} : { PACS_RESULTS: `[${config.pacs.results.join(', ')}]` }),
    ...(ways?.priors ? { PACS_PRIORS: 'pacs' } : {}),
  };
}
