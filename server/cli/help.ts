import type { Usage } from './verb.ts';

/** `bithive message show ID [--json] [--SETTING VALUE ...]` */
export function synopsis(usage: Usage): string {
  const flags = usage.flags.map(({ name, takes }) => `[--${name}${takes ? ` ${takes}` : ''}]`);
  const settings = usage.takesSettings ? ['[--config FILE]', '[--SETTING VALUE ...]'] : [];
  return ['bithive', usage.name, ...usage.words, ...flags, ...settings].join(' ');
}

export function verbHelp(usage: Usage): string {
  const flags = usage.flags.map(
    ({ name, takes, description }) => `  --${name}${takes ? ` ${takes}` : ''}\n      ${description}`,
  );
  return [
    usage.summary,
    '',
    `  ${synopsis(usage)}`,
    ...(flags.length === 0 ? [] : ['', ...flags]),
    ...(usage.takesSettings ? ['', '  Every setting is a flag: docs/reference/config.md lists them.'] : []),
    '',
    `  Example: ${usage.example}`,
  ].join('\n');
}
