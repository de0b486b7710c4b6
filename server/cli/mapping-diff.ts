import { resolve } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { type MapDiff, readOverlay } from '../../mappings/index.ts';
import { diffQuery, diffQueryOf } from '../http/routes/mapping.ts';
import { asJson, withData } from './data-access.ts';
import { diffText } from './diff-text.ts';
import { openService } from './open-service.ts';
import { type Call, exitCodes, jsonFlag, type Verb } from './verb.ts';

const flags = [
  { name: 'channel', takes: 'NAME', description: 'Messages of this channel.' },
  { name: 'type', takes: 'TYPE', description: 'Messages of this type, for example ADT^A08.' },
  { name: 'since', takes: 'TIME', description: 'Received at or after: ISO 8601 with a zone.' },
  { name: 'until', takes: 'TIME', description: 'Received before.' },
  { name: 'limit', takes: 'NUMBER', description: 'The newest so many; 1000 when absent.' },
  {
    name: 'examples',
    takes: 'NUMBER',
    description: 'Messages whose differences are listed one by one; 10 when absent.',
  },
];

export const mappingDiff: Verb = {
  usage: {
    name: 'mapping diff',
    summary: 'Runs kept messages through the map in force and another overlay, and shows what differs.',
    words: ['FOLDER'],
    flags: [...flags, jsonFlag],
    takesSettings: true,
    example: 'bithive mapping diff site-a --since 2026-11-15T00:00:00Z --data /var/lib/bithive',
  },
  async run(call, world) {
    const folder = call.words[0] ?? '';
    const files = Object.fromEntries(readOverlay(resolve(world.cwd, folder), folder).files);
    const asked = askedFor(call);
    const answer: Json = await withData(call, world, {
      throughEngine: (engine) => engine.post('/api/mapping/diff', { files, ...asked }),
      async throughFolder(open) {
        const service = await openService(call, world, open);
        const diff = await service.diff(files, diffQueryOf(diffQuery.parse(asked)));
        await open.record(
          { action: 'read', operation: 'mapping.diff' },
          { ...asked, messages: diff.messages },
        );
        return asJson(diff);
      },
    });
    const diff = answer as unknown as MapDiff;
    world.print(call.has('json') ? JSON.stringify(diff) : diffText(diff));
    return exitCodes.ok;
  },
};

function askedFor(call: Call): { [name: string]: string | number } {
  const asked = Object.fromEntries(
    flags.flatMap(({ name }) => {
      const value = call.flag(name);
      if (value === undefined) return [];
      return [[name, name === 'limit' || name === 'examples' ? Number(value) : value]];
    }),
  );
  const result = diffQuery.safeParse(asked);
  if (result.success) return asked;
  const issue = result.error.issues[0];
  throw new BitHiveError('BH_HTTP_INPUT', `${issue?.path.join('.')}: ${issue?.message}`);
}
