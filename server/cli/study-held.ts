import { z } from 'zod';
import { withData } from './data-access.ts';
import { table } from './table.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

const answer = z.object({
  held: z.array(
    z.object({ channel: z.string(), studyInstanceUid: z.string(), code: z.string(), since: z.string() }),
  ),
});

/** Only a running engine knows its channels, and only it can act on what is shown. */
export const studyHeld: Verb = {
  usage: {
    name: 'study held',
    summary: 'Lists studies whose reports are held: the order or the images name another patient.',
    words: [],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive study held --data /var/lib/bithive',
  },
  async run(call, world) {
    const found = await withData(call, world, { throughEngine: (engine) => engine.get('/api/studies/held') });
    const { held } = answer.parse(found);
    if (call.has('json')) world.print(JSON.stringify(found));
    else if (held.length === 0) world.say('no report is held');
    else
      world.print(
        table(
          ['SINCE', 'CHANNEL', 'CODE', 'STUDY'],
          held.map(({ since, channel, code, studyInstanceUid }) => [since, channel, code, studyInstanceUid]),
        ),
      );
    return held.length > 0 ? exitCodes.ok : exitCodes.none;
  },
};
