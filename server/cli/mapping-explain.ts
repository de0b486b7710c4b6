import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import type { Json } from '../../core/json.ts';
import { parseMessage } from '../../formats/hl7v2/index.ts';
import { momentOfMessage } from '../../mappings/index.ts';
import { explainMessage, type MessageExplanation } from '../mapping/explain-view.ts';
import { mapOf, siteOf } from '../mapping/site-map.ts';
import { asJson, withData } from './data-access.ts';
import { messagesOfFile } from './hl7-file.ts';
import { messageIdOf } from './message-id.ts';
import { openService } from './open-service.ts';
import { overlayFlag, overlayOfCall } from './overlay-flag.ts';
import { table } from './table.ts';
import { type Call, exitCodes, jsonFlag, type Verb, type World } from './verb.ts';

export const mappingExplain: Verb = {
  usage: {
    name: 'mapping explain',
    summary: 'Says where each element of the Bundle of a message came from, and what no row takes.',
    words: ['FILE|ID'],
    flags: [overlayFlag, jsonFlag],
    takesSettings: true,
    example: 'bithive mapping explain admission.hl7 --overlay site-a',
  },
  async run(call, world) {
    const word = call.words[0] ?? '';
    const explained = existsSync(resolve(world.cwd, word))
      ? await ofFile(word, call, world)
      : [await ofMessage(word, call, world)];
    for (const one of explained) world.print(call.has('json') ? JSON.stringify(one) : textOf(one));
    return exitCodes.ok;
  },
};

/** Every message of a file, by the rows that come with the engine and an overlay: needs no engine. */
async function ofFile(file: string, call: Call, world: World): Promise<readonly MessageExplanation[]> {
  const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
  const map = mapOf(siteOf(config), overlayOfCall(call, world, config));
  const { fallbackCharset, zone } = map.site;
  const bytes = await readFile(resolve(world.cwd, file));
  const messages = messagesOfFile(bytes);
  // What is no message is refused with the reason.
  return (messages.length === 0 ? [bytes] : messages).map((one) => {
    const message = parseMessage(one, { fallbackCharset });
    return explainMessage(message, map, { receivedAtMs: momentOfMessage(message, zone) });
  });
}

/** A kept message, by the map that it is bound to. */
async function ofMessage(word: string, call: Call, world: World): Promise<MessageExplanation> {
  const id = messageIdOf(word);
  const answer: Json = await withData(call, world, {
    throughEngine: (engine) => engine.get(`/api/messages/${id}/explain`),
    async throughFolder(folder) {
      const service = await openService(call, world, folder);
      const explained = asJson({ id, ...(await service.explain(id)) });
      await folder.record({ action: 'read', operation: 'message.explain' }, { id });
      return explained;
    },
  });
  return answer as unknown as MessageExplanation;
}

function textOf({ type, map, resources, issues, residue }: MessageExplanation): string {
  const parts = resources.map(({ resource, fullUrl, request, elements }) => {
    const rows = elements.map(({ path, value, input, row, file }, at) => {
      // What is explained part by part says its value there.
      const isSplit = elements[at + 1]?.path.startsWith(path) === true;
      return [path, isSplit ? '' : cut(value), input, row, file];
    });
    return `${resource} ${fullUrl}\n  ${request}\n${indented(table(['ELEMENT', 'VALUE', 'FROM', 'ROW', 'FILE'], rows))}`;
  });
  const told = issues.map(({ severity, path, row, text }) => [severity, path, row, text]);
  const left = residue.map(({ path, value }) => [path, value]);
  return [
    `${type}, map ${map}`,
    ...parts,
    ...(told.length === 0 ? [] : [`Issues\n${indented(table(['SEVERITY', 'PATH', 'ROW', 'TEXT'], told))}`]),
    left.length === 0
      ? 'No residue: rows take all that was sent.'
      : `Residue: no row takes\n${indented(table(['PATH', 'VALUE'], left))}`,
  ].join('\n\n');
}

const indented = (text: string): string => text.replace(/^/gm, '  ');

const valueCharsMax = 48;
const cut = (text: string): string =>
  text.length > valueCharsMax ? `${text.slice(0, valueCharsMax - 1)}…` : text;
