import { suggestion } from '../../config/index.ts';
import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import { version } from '../version.ts';
import { verbHelp } from './help.ts';
import { parseCall } from './parse-call.ts';
import { exitCodes, type World } from './verb.ts';
import { verbs } from './verbs.ts';

/** Runs one command line and returns its exit code. Never rejects. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  try {
    if (argv[0] === '--version') {
      world.print(version);
      return exitCodes.ok;
    }
    if (argv.length === 0 || argv[0] === 'help' || argv[0]?.startsWith('-')) return overview(argv, world);
    const entry = verbs.find(({ name }) => name.split(' ').every((word, at) => argv[at] === word));
    if (!entry) throw unknownVerb(argv);
    const verb = await entry.load();
    const call = parseCall(verb.usage, argv.slice(entry.name.split(' ').length));
    if (call) return await verb.run(call, world);
    world.print(verbHelp(verb.usage));
    return exitCodes.ok;
  } catch (error) {
    return fail(error, argv.includes('--json'), world);
  }
}

function overview(argv: readonly string[], world: World): number {
  const isAsked = argv.length === 0 || ['help', '--help', '-h'].includes(argv[0] ?? '');
  if (!isAsked) throw new BitHiveError('BH_CLI_USAGE', `${argv[0]} stands before any command`);
  const width = Math.max(...verbs.map(({ name }) => name.length));
  const lines = verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  world.print([`BitHive ${version}`, '', ...lines, '', 'bithive <command> --help says more.'].join('\n'));
  return argv.length === 0 ? exitCodes.usage : exitCodes.ok;
}

function unknownVerb(argv: readonly string[]): BitHiveError {
  const isGroup = verbs.some(({ name }) => name.startsWith(`${argv[0]} `));
  const given = isGroup ? argv.slice(0, 2).join(' ') : (argv[0] ?? '');
  return new BitHiveError(
    'BH_CLI_USAGE',
    `there is no command ${given}${suggestion(
      given,
      verbs.map(({ name }) => name),
    )}`,
  );
}

function fail(error: unknown, isJson: boolean, world: World): number {
  const known = toBitHiveError(error);
  const { next } = known.entry;
  if (isJson) world.say(JSON.stringify({ code: known.code, detail: known.detail, next }));
  else world.say(`${known.code}: ${known.detail}\n  next: ${next}`);
  if (known.code === 'BH_INTERNAL') {
    // A bug: the whole story belongs on the terminal of whoever ran the command.
    world.say(
      known.cause instanceof Object && 'stack' in known.cause
        ? String(known.cause.stack)
        : String(known.cause),
    );
    return exitCodes.internal;
  }
  if (known.code === 'BH_CLI_USAGE' || known.code === 'BH_CONFIG_KEY') return exitCodes.usage;
  if (known.code === 'BH_CLI_ENGINE') return exitCodes.unreachable;
  return exitCodes.failed;
}
