import { loadConfig } from '../../config/index.ts';
import { readChannelShapes } from './channel-shapes.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const configCheck: Verb = {
  usage: {
    name: 'config check',
    summary: 'Checks the settings and the shape of the channel files without starting anything.',
    words: [],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive config check --config /etc/bithive/site.yaml',
  },
  async run(call, world) {
    const { config, warnings } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const channels = await readChannelShapes(config, world.env);
    for (const warning of warnings) world.say(`warning: ${warning}`);
    world.print(
      call.has('json')
        ? JSON.stringify({ valid: true, channels, warnings })
        : `valid; channels: ${channels.join(', ')}`,
    );
    return exitCodes.ok;
  },
};
