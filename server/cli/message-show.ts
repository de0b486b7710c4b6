import type { JsonObject } from '../../core/json.ts';
import { lineageView, messageOf } from '../http/routes/messages.ts';
import { messageView } from '../http/views.ts';
import { asJson, withData } from './data-access.ts';
import { messageIdOf } from './message-id.ts';
import { outline } from './outline.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const messageShow: Verb = {
  usage: {
    name: 'message show',
    summary: 'Shows one message: where it came from, what it led to, every attempt.',
    words: ['ID'],
    flags: [{ name: 'body', description: 'Write its bytes instead, as they came in.' }, jsonFlag],
    takesSettings: true,
    example: 'bithive message show 17 --data /var/lib/bithive',
  },
  async run(call, world) {
    const id = messageIdOf(call.words[0]);
    if (call.has('body')) {
      const bytes = await withData(call, world, {
        throughEngine: (engine) => engine.bytes(`/api/messages/${id}/body`),
        async throughFolder({ store, blobs, record }) {
          const { body } = await messageOf(store, id);
          await record({ action: 'read', operation: 'message.body' }, { id });
          return body.kind === 'inline' ? body.bytes : blobs.read(body.hash);
        },
      });
      await world.printBytes(bytes);
      return exitCodes.ok;
    }
    const shown = await withData<JsonObject>(call, world, {
      async throughEngine(engine) {
        const message = await engine.get(`/api/messages/${id}`);
        return { message, lineage: await engine.get(`/api/messages/${id}/lineage`) };
      },
      async throughFolder({ store, record }) {
        const message = asJson(messageView(await messageOf(store, id)));
        const lineage = asJson(await lineageView(store, id));
        await record({ action: 'read', operation: 'message.read' }, { id });
        return { message, lineage };
      },
    });
    world.print(call.has('json') ? JSON.stringify(shown) : outline(shown));
    return exitCodes.ok;
  },
};
