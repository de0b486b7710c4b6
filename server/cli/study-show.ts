import { BitHiveError } from '../../core/errors.ts';
import { studyView } from '../studies/study-view.ts';
import { asJson, withData } from './data-access.ts';
import { outline } from './outline.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const studyShow: Verb = {
  usage: {
    name: 'study show',
    summary: 'Shows a study: versions and what completed them, series, order, reports and where they went.',
    words: ['UID'],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive study show 1.2.840.113619.2.1 --data /var/lib/bithive',
  },
  async run(call, world) {
    const [uid = ''] = call.words;
    const shown = await withData(call, world, {
      throughEngine: (engine) => engine.get(`/api/studies/${encodeURIComponent(uid)}`),
      async throughFolder({ store, record }) {
        const view = await studyView(store, uid);
        await record({ action: 'read', operation: 'study.read' }, { uid });
        if (view.channels.length > 0) return asJson(view);
        throw new BitHiveError('BH_STORE_NOT_FOUND', 'no channel has a study of this UID');
      },
    });
    world.print(call.has('json') ? JSON.stringify(shown) : outline(shown));
    return exitCodes.ok;
  },
};
