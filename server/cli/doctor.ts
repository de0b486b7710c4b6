import { loadConfig } from '../../config/index.ts';
import type { Check } from './doctor-check.ts';
import { checks } from './doctor-checks.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const doctor: Verb = {
  usage: {
    name: 'doctor',
    summary: 'Checks this machine, the settings and the data folder, and says what to do.',
    words: [],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive doctor --config /etc/bithive/site.yaml',
  },
  async run(call, world) {
    const loaded = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const results: Check[] = [];
    for (const check of checks) results.push(await check({ ...loaded, env: world.env, cwd: world.cwd }));
    if (call.has('json')) world.print(JSON.stringify({ checks: results }));
    else for (const result of results) world.print(lineOf(result));
    return results.some(({ verdict }) => verdict === 'fault') ? exitCodes.none : exitCodes.ok;
  },
};

const marks = { good: 'ok   ', advice: 'look ', fault: 'FAULT' };

function lineOf({ name, verdict, detail, next }: Check): string {
  return `${marks[verdict]}  ${name}: ${detail}${next === undefined ? '' : `\n       next: ${next}`}`;
}
