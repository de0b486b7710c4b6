import { resolve } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import type { Json } from '../../core/json.ts';
import { readOverlay } from '../../mappings/index.ts';
import type { Deployed } from '../mapping/map-deployment.ts';
import { mapOf, siteOf } from '../mapping/site-map.ts';
import { asJson, withData } from './data-access.ts';
import { openService } from './open-service.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const mappingDeploy: Verb = {
  usage: {
    name: 'mapping deploy',
    summary: 'Puts an overlay in force, in the running engine without a restart.',
    words: ['FOLDER'],
    flags: [{ name: 'note', takes: 'TEXT', description: 'Why, for those who read the versions.' }, jsonFlag],
    takesSettings: true,
    example: 'bithive mapping deploy site-a --note new-wards --data /var/lib/bithive',
  },
  async run(call, world) {
    const folder = call.words[0] ?? '';
    const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const overlay = readOverlay(resolve(world.cwd, folder), folder);
    // Compiled here first: a fault is told with the path under which its author knows the file.
    mapOf(siteOf(config), overlay);
    const files = Object.fromEntries(overlay.files);
    const note = call.flag('note');
    const given = { files, ...(note === undefined ? {} : { note }) };
    const answer: Json = await withData(call, world, {
      throughEngine: (engine) => engine.post('/api/mapping/deploy', given),
      async throughFolder(open) {
        const service = await openService(call, world, open);
        const deployed = asJson(await service.deploy({ ...given, by: `cli:${world.user}` }));
        await open.record(
          { action: 'update', operation: 'mapping.deploy' },
          { files: Object.keys(files), deployed },
        );
        return deployed;
      },
    });
    const deployed = answer as unknown as Deployed;
    world.print(call.has('json') ? JSON.stringify(deployed) : deployedText(deployed));
    return exitCodes.ok;
  },
};

export function deployedText({ version, map, changed, channels }: Deployed): string {
  if (!changed) return `version ${version} is in force already, with the same overlay: nothing was done`;
  const where =
    channels.length === 0
      ? 'no engine runs: in force from its next start'
      : `in force: ${channels.map((one) => `${one.channel} (version ${one.version})`).join(', ')}`;
  return `version ${version}, map ${map}\n${where}`;
}
