import { loadConfig } from '../../config/index.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { checkChannels } from '../compose/check-channels.ts';
import { pacsText } from '../compose/pacs-settings.ts';
import { namePacs, noChannelNamesPacs } from './doctor-pacs.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const configCheck: Verb = {
  usage: {
    name: 'config check',
    summary: 'Checks the settings and compiles the channel files without starting anything.',
    words: [],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive config check --config /etc/bithive/site.yaml',
  },
  async run(call, world) {
    const { config, warnings } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const keys = createSystemKeys({ env: world.env, cwd: world.cwd });
    const checked = await checkChannels({ config, environment: world.env, keys });
    const channels = checked.channels.map(({ name }) => name);
    const pacs = pacsText(config);
    const told = [...warnings, ...(pacs !== null && !namePacs(checked.channels) ? [noChannelNamesPacs] : [])];
    for (const warning of told) world.say(`warning: ${warning}`);
    world.print(
      call.has('json')
        ? JSON.stringify({ valid: true, channels, pacs, warnings: told })
        : `valid; channels: ${channels.join(', ')}${pacs === null ? '' : `; PACS: ${pacs}`}`,
    );
    return exitCodes.ok;
  },
};
