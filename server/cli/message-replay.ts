import { z } from 'zod';
import { withData } from './data-access.ts';
import { messageIdOf } from './message-id.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

const replayed = z.object({ id: z.number(), replayOf: z.number() });

/** Only a running engine replays: it alone knows the channels that decide what happens. */
export const messageReplay: Verb = {
  usage: {
    name: 'message replay',
    summary: 'Has the running engine accept the bytes of a message again.',
    words: ['ID'],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive message replay 17 --data /var/lib/bithive',
  },
  async run(call, world) {
    const id = messageIdOf(call.words[0]);
    const answer = await withData(call, world, {
      throughEngine: (engine) => engine.post(`/api/messages/${id}/replay`, {}),
    });
    const result = replayed.parse(answer);
    world.print(
      call.has('json') ? JSON.stringify(result) : `message ${id} was accepted again as ${result.id}`,
    );
    return exitCodes.ok;
  },
};
