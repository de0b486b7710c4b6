import { parseArgs } from 'node:util';
import { settingFlags, suggestion } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Call, Usage } from './verb.ts';

/**
 * Reads what stands after the verb.
 *
 * @returns null when help was asked for
 * @throws BH_CLI_USAGE
 */
export function parseCall(usage: Usage, argv: readonly string[]): Call | null {
  const own = new Map(usage.flags.map((flag) => [flag.name, flag]));
  const settingNames = new Set(usage.takesSettings ? settingFlags : []);
  const options = Object.fromEntries([
    ...[...settingNames].map((name) => [name, { type: 'string' as const }]),
    ...[...own.values()].map(({ name, takes }) => [
      name,
      { type: takes ? ('string' as const) : ('boolean' as const) },
    ]),
    ['help', { type: 'boolean' as const, short: 'h' }],
  ]) as { [name: string]: { type: 'string' | 'boolean'; short?: string } };
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const values = new Map<string, string | undefined>();
  const words: string[] = [];
  const settingsArgv: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      words.push(token.value);
      continue;
    }
    if (token.name === 'help') return null;
    if (!Object.hasOwn(options, token.name)) {
      throw new BitHiveError(
        'BH_CLI_USAGE',
        `${token.rawName} is not a flag of ${usage.name}${suggestion(token.name, Object.keys(options))}`,
      );
    }
    const isText = options[token.name]?.type === 'string';
    if (isText && token.value === undefined)
      throw new BitHiveError('BH_CLI_USAGE', `${token.rawName} needs a value`);
    if (!isText && token.value !== undefined)
      throw new BitHiveError('BH_CLI_USAGE', `${token.rawName} takes no value`);
    if (own.has(token.name)) values.set(token.name, token.value);
    else settingsArgv.push(`--${token.name}=${token.value}`);
  }
  checkWords(usage, words);
  return { words, settingsArgv, flag: (name) => values.get(name), has: (name) => values.has(name) };
}

function checkWords(usage: Usage, words: readonly string[]): void {
  const missing = usage.words[words.length];
  if (missing !== undefined && !missing.startsWith('['))
    throw new BitHiveError('BH_CLI_USAGE', `${usage.name} needs ${missing}`);
  const extra = words[usage.words.length];
  if (extra !== undefined && !/\.\.\.\]?$/.test(usage.words.at(-1) ?? ''))
    throw new BitHiveError('BH_CLI_USAGE', `${usage.name} does not take ${extra}`);
}
