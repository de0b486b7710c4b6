import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { OrderFacts } from '../../core/order.ts';
import { orderSchema } from '../../core/study-schema.ts';
import { parseMessage } from '../../formats/hl7v2/index.ts';
import { loadHl7ToFhirMap } from '../../mappings/index.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { checkChannels } from '../compose/check-channels.ts';
import { siteOf } from '../mapping/site-map.ts';
import { type ReadFiles, type RoutedDry, readInstances, routeDry } from '../studies/dry-route.ts';
import { printable } from './table.ts';
import { exitCodes, jsonFlag, type Verb, type World } from './verb.ts';

/** Nothing is sent: where the EHR is does not matter to the rules, and need not be known. */
const nowhere = 'http://127.0.0.1/fhir';

export const studyRoute: Verb = {
  usage: {
    name: 'study route',
    summary: 'Says which rules would take the DICOM files, or those of a folder, to which models, and why.',
    words: ['FILE...'],
    flags: [
      { name: 'channel', takes: 'NAME', description: 'Only the rules of this channel.' },
      {
        name: 'order',
        takes: 'FILE',
        description: 'The order of the study: an HL7 v2 message (ORM, OMI), or order facts as JSON.',
      },
      jsonFlag,
    ],
    takesSettings: true,
    example: 'bithive study route /media/cd/DICOM --channel imaging-ai',
  },
  async run(call, world) {
    const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const keys = createSystemKeys({ env: world.env, cwd: world.cwd });
    const environment = { EHR_FHIR_URL: nowhere, ...world.env };
    const { channels } = await checkChannels({ config, environment, keys });
    const wanted = call.flag('channel');
    const definitions = channels
      .map(({ definition }) => definition)
      .filter(({ channel, steps }) =>
        wanted === undefined ? steps.some(({ kind }) => kind === 'route') : channel === wanted,
      );
    if (definitions.length === 0)
      throw new BitHiveError('BH_CLI_USAGE', `no channel ${wanted ?? ''} routes studies`);
    const orderFile = call.flag('order');
    const order =
      orderFile === undefined ? undefined : await readOrder(resolve(world.cwd, orderFile), siteOf(config));
    const read = await readInstances(call.words.map((word) => resolve(world.cwd, word)));
    const routed = routeDry(definitions, read.instances, order);
    if (call.has('json')) world.print(JSON.stringify({ studies: routed, refused: read.refused }));
    else print(world, routed, read);
    return routed.some(({ models }) => models.length > 0) ? exitCodes.ok : exitCodes.none;
  },
};

async function readOrder(file: string, site: ReturnType<typeof siteOf>): Promise<OrderFacts> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new BitHiveError('BH_CLI_USAGE', `${file} cannot be read`, { cause });
  });
  if (bytes.toString('latin1', 0, 64).trimStart().startsWith('{')) {
    const facts = orderSchema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (facts.success) return facts.data;
    const issue = facts.error.issues[0];
    throw new BitHiveError('BH_CLI_USAGE', `${file}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const [order] = loadHl7ToFhirMap({ site }).convert(parseMessage(bytes), { receivedAtMs: 0 }).orders;
  if (order) return order;
  throw new BitHiveError('BH_CLI_USAGE', `${file} holds no order`);
}

function print(world: World, routed: readonly RoutedDry[], { refused }: ReadFiles): void {
  for (const { studyInstanceUid, instances, series, channel, models, rules } of routed) {
    world.print(`study ${printable(studyInstanceUid)}: ${instances} instances in ${series} series`);
    world.print(`  ${channel}: ${models.length > 0 ? models.join(', ') : 'no model'}`);
    for (const { rule, said, why } of rules)
      world.print(`    ${said === 'fired' ? '+' : '-'} ${printable(rule)}: ${said}; ${printable(why)}`);
  }
  for (const { file, code, detail } of refused) world.say(`${file}: ${code}: ${detail}`);
}
