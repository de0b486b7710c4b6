import { describe, expect, test } from '@jest/globals';
import { settingFlags } from '../../../config/index.ts';
import { parseCall } from '../../../server/cli/parse-call.ts';
import { printable } from '../../../server/cli/table.ts';
import { verbs } from '../../../server/cli/verbs.ts';
import { bithive } from './harness.ts';

describe.each(verbs.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  test('its entry says what the verb says of itself', async () => {
    const { usage } = await entry.load();
    expect({ name: usage.name, summary: usage.summary }).toEqual({ name, summary: entry.summary });
    expect(usage.example).toContain(`bithive ${name}`);
  });

  test('its example is understood, its flags are its own', async () => {
    const { usage } = await entry.load();
    const argv = usage.example.split(' ').slice(1 + name.split(' ').length);
    const call = parseCall(usage, argv);
    const required = usage.words.filter((word) => !word.startsWith('['));
    expect(call?.words.length).toBeGreaterThanOrEqual(required.length);
    expect(usage.words.indexOf(required.at(-1) ?? '')).toBe(required.length - 1);
    if (usage.takesSettings) {
      expect(usage.flags.filter((flag) => settingFlags.includes(flag.name))).toEqual([]);
    }
  });

  test('--help names every flag and ends well', async () => {
    const { code, out } = await bithive([...name.split(' '), '--help']);
    const { usage } = await entry.load();
    expect(code).toBe(0);
    for (const flag of usage.flags) expect(out).toContain(`--${flag.name}`);
  });

  test('an unknown flag is refused', async () => {
    const { code, err } = await bithive([...name.split(' '), '--no-such-flag-anywhere']);
    expect(code).toBe(2);
    expect(err).toContain('BH_CLI_USAGE: --no-such-flag-anywhere');
    expect(err).toContain('next: ');
  });
});

test.each([
  [[], 2, ''],
  [['--help'], 0, ''],
  [['--version'], 0, ''],
  [['mesage', 'search'], 2, 'BH_CLI_USAGE: there is no command mesage'],
  [['message', 'serch'], 2, 'did you mean message search?'],
  [['sreve'], 2, 'did you mean serve?'],
  [['message', 'show'], 2, 'message show needs ID'],
  [['message', 'show', '1', '2'], 2, 'message show does not take 2'],
  [['message', 'show', 'x'], 2, 'ID: expected the number of a message'],
  [['message', 'search', '--mrm', '1'], 2, 'did you mean mrn?'],
  [['message', 'search', '--mrn'], 2, '--mrn needs a value'],
  [['message', 'search', '--json=yes'], 2, '--json takes no value'],
  [['config', 'explain', 'http.prt'], 2, 'did you mean http.port?'],
  [['config', 'explain', 'http.port', '--http-prot', '1'], 2, 'did you mean http-port?'],
])('%j ends %i', async (argv, expected, said) => {
  const { code, err } = await bithive(argv);
  expect(code).toBe(expected);
  expect(err).toContain(said);
});

test('a refusal is JSON for programs', async () => {
  const { err } = await bithive(['message', 'show', 'x', '--json']);
  expect(JSON.parse(err)).toEqual({
    code: 'BH_CLI_USAGE',
    detail: 'ID: expected the number of a message',
    next: 'Run it with --help.',
  });
});

test('config explain says value and origin', async () => {
  const options = { env: { BITHIVE_HTTP_PORT: '9' } };
  expect((await bithive(['config', 'explain', 'http.port'], options)).out).toContain(
    'http.port = 9\n  from BITHIVE_HTTP_PORT',
  );
  const { out } = await bithive(['config', 'explain', 'http.port', '--http-port', '10', '--json'], options);
  expect(JSON.parse(out)).toMatchObject({ value: 10, origin: '--http-port' });
});

test('config check refuses an exposed listener', async () => {
  const { code, err } = await bithive(['config', 'check', '--http-host', '0.0.0.0']);
  expect(code).toBe(1);
  expect(err).toContain('BH_CONFIG_EXPOSED');
});

test('what a sender wrote cannot steer the terminal', () => {
  expect(printable('a\x1b[2Jb\x07\u202Ec\u0000')).toBe('a·[2Jb··c·');
});
