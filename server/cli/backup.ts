import { resolve } from 'node:path';
import { backupTo } from '../compose/backup.ts';
import { asJson, withData } from './data-access.ts';
import { outline } from './outline.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const backup: Verb = {
  usage: {
    name: 'backup',
    summary: 'Copies everything that the engine keeps into an empty folder, while it works.',
    words: ['FOLDER'],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive backup /mnt/backup/monday --data /var/lib/bithive',
  },
  async run(call, world) {
    const folder = resolve(world.cwd, call.words[0] ?? '');
    const mark = await withData(call, world, {
      throughEngine: (engine) => engine.post('/api/backup', { folder }),
      async throughFolder({ store, blobs, record }) {
        const result = await backupTo(folder, store, blobs);
        await record({ action: 'execute', operation: 'backup.create' }, { folder, ...result });
        return asJson(result);
      },
    });
    world.print(call.has('json') ? JSON.stringify(mark) : `${folder}\n${outline(mark, '  ')}`);
    return exitCodes.ok;
  },
};
