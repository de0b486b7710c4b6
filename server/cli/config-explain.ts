import { loadConfig } from '../../config/index.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const configExplain: Verb = {
  usage: {
    name: 'config explain',
    summary: 'Says what value a setting has, and which file, variable or flag gave it.',
    words: ['KEY'],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive config explain http.port',
  },
  async run(call, world) {
    const loaded = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const { key, value, origin, description } = loaded.explain(call.words[0] ?? '');
    if (call.has('json')) world.print(JSON.stringify({ key, value: value ?? null, origin, description }));
    else
      world.print(
        `${key} = ${value === undefined ? '(not set)' : JSON.stringify(value)}\n  from ${origin}\n  ${description}`,
      );
    return exitCodes.ok;
  },
};
