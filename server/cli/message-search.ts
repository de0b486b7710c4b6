import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import { messageKinds, searchKeyNames } from '../../core/message.ts';
import { messageSearch, searchView } from '../http/routes/messages.ts';
import { asJson, withData } from './data-access.ts';
import { table } from './table.ts';
import { type Call, exitCodes, jsonFlag, type Verb } from './verb.ts';

const keyFlags = searchKeyNames.map((name) => ({
  name,
  takes: 'VALUE',
  description: `Messages with this ${name}.`,
}));
const filterFlags = [
  { name: 'channel', takes: 'NAME', description: 'Messages of this channel.' },
  {
    name: 'kind',
    takes: 'KIND',
    description: `${messageKinds.slice(0, -1).join(', ')} or ${messageKinds.at(-1)}.`,
  },
  { name: 'type', takes: 'TYPE', description: 'For example ADT^A04, or a SOP Class UID.' },
  { name: 'status', takes: 'STATUS', description: 'received, processed, filtered or quarantined.' },
  { name: 'since', takes: 'TIME', description: 'Received at or after: ISO 8601 with a zone.' },
  { name: 'until', takes: 'TIME', description: 'Received before.' },
  { name: 'before', takes: 'ID', description: 'Only messages older than this one.' },
  { name: 'limit', takes: 'NUMBER', description: 'At most so many; 100 when absent, 1000 at most.' },
];

const found = z.object({
  messages: z.array(
    z.object({
      id: z.number(),
      receivedAt: z.string(),
      channel: z.string(),
      type: z.string(),
      status: z.string(),
      sender: z.string(),
      searchKeys: z.array(z.object({ name: z.string(), value: z.string() })),
    }),
  ),
});

export const messageSearchVerb: Verb = {
  usage: {
    name: 'message search',
    summary: 'Finds messages by clinical key, channel, type, status or time.',
    words: [],
    flags: [...keyFlags, ...filterFlags, jsonFlag],
    takesSettings: true,
    example: 'bithive message search --mrn 12345 --data /var/lib/bithive',
  },
  async run(call, world) {
    const asked = askedFor(call);
    const answer = await withData(call, world, {
      throughEngine: (engine) => engine.get(`/api/messages?${new URLSearchParams(asked)}`),
      async throughFolder({ store, record }) {
        const view = await searchView(store, parse(asked));
        await record(
          { action: 'read', operation: 'message.search' },
          { ...asked, found: view.messages.map(({ id }) => id) },
        );
        return asJson(view);
      },
    });
    const { messages } = found.parse(answer);
    if (call.has('json')) world.print(JSON.stringify(answer));
    else if (messages.length > 0) {
      const rows = messages.map(({ id, receivedAt, channel, type, status, sender, searchKeys }) => [
        String(id),
        receivedAt,
        channel,
        type,
        status,
        sender,
        searchKeys.map(({ name, value }) => `${name}=${value}`).join(' '),
      ]);
      world.print(table(['ID', 'RECEIVED', 'CHANNEL', 'TYPE', 'STATUS', 'SENDER', 'KEYS'], rows));
    } else world.say('nothing found');
    return messages.length > 0 ? exitCodes.ok : exitCodes.none;
  },
};

function askedFor(call: Call): { [name: string]: string } {
  return Object.fromEntries(
    [...keyFlags, ...filterFlags].flatMap(({ name }) => {
      const value = call.flag(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function parse(asked: { [name: string]: string }) {
  const result = messageSearch.safeParse(asked);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new BitHiveError('BH_HTTP_INPUT', `${issue?.path.join('.')}: ${issue?.message}`);
}
