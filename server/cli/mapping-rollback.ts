import { BitHiveError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Deployed } from '../mapping/map-deployment.ts';
import { asJson, withData } from './data-access.ts';
import { deployedText } from './mapping-deploy.ts';
import { openService } from './open-service.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const mappingRollback: Verb = {
  usage: {
    name: 'mapping rollback',
    summary: 'Puts an earlier version of the map in force again.',
    words: ['[VERSION]'],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive mapping rollback --data /var/lib/bithive',
  },
  async run(call, world) {
    const to = versionOf(call.words[0]);
    const answer: Json = await withData(call, world, {
      throughEngine: (engine) => engine.post('/api/mapping/rollback', to === undefined ? {} : { to }),
      async throughFolder(open) {
        const service = await openService(call, world, open);
        const deployed = asJson(await service.rollback(`cli:${world.user}`, to));
        await open.record({ action: 'update', operation: 'mapping.rollback' }, { deployed });
        return deployed;
      },
    });
    const deployed = answer as unknown as Deployed;
    world.print(call.has('json') ? JSON.stringify(deployed) : deployedText(deployed));
    return exitCodes.ok;
  },
};

function versionOf(word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  if (/^\d{1,9}$/.test(word)) return Number(word);
  throw new BitHiveError('BH_CLI_USAGE', `${word} is no version: a whole number, 0 for the rows alone`);
}
