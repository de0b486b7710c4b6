import { join, resolve } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import { readOverlay } from '../../mappings/index.ts';
import { ownCases, runCases } from '../mapping/run-cases.ts';
import { mapOf, siteOf } from '../mapping/site-map.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const mappingTest: Verb = {
  usage: {
    name: 'mapping test',
    summary: 'Runs the tests of an overlay, or those of the rows that come with the engine.',
    words: ['[FOLDER]'],
    flags: [
      {
        name: 'own',
        description:
          'Run the tests that come with the engine on the rows of FOLDER, and see what it changes.',
      },
      jsonFlag,
    ],
    takesSettings: true,
    example: 'bithive mapping test site-a',
  },
  async run(call, world) {
    const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const [folder] = call.words;
    const overlay = folder === undefined ? undefined : readOverlay(resolve(world.cwd, folder), folder);
    const map = mapOf(siteOf(config), overlay);
    const results =
      folder === undefined || call.has('own')
        ? await runCases(ownCases, 'tests', map)
        : await runCases(resolve(world.cwd, folder, 'tests'), join(folder, 'tests'), map);
    const failed = results.filter(({ faults }) => faults.length > 0);
    if (call.has('json')) world.print(JSON.stringify({ map: map.version, results }));
    else {
      for (const { name, faults } of results)
        world.print(
          faults.length === 0 ? `ok      ${name}` : [`FAILED  ${name}`, ...faults].join('\n        '),
        );
      world.print(`${results.length} tests, ${failed.length} failed`);
    }
    return failed.length === 0 ? exitCodes.ok : exitCodes.none;
  },
};
