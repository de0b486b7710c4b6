import type { Config, Environment } from '../../config/index.ts';
import { channelSchema } from '../../pipelines/channel/definition.ts';
import { readYaml, substituteEnvironment } from '../../pipelines/channel/read-yaml.ts';
import { channelEnvironment, readChannelFiles } from '../compose/channel-files.ts';

/**
 * Reads every channel file as far as it goes without opening a connector: YAML, variables, keys, one source, known moments.
 *
 * @returns the names of the channels
 * @throws BH_CONFIG_* with file and line
 */
export async function readChannelShapes(
  config: Config,
  environment: Environment,
): Promise<readonly string[]> {
  const files = await readChannelFiles(config.channels.folder);
  const variables = channelEnvironment(config, environment);
  return files.map(
    ({ file, text }) => readYaml(substituteEnvironment(text, variables, file), file, channelSchema).channel,
  );
}
