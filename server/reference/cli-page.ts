import { synopsis } from '../cli/help.ts';
import { exitCodes, type Usage } from '../cli/verb.ts';
import { verbs } from '../cli/verbs.ts';
import { code, markdownTable } from './markdown.ts';

const intro = `# Command line

Generated from the verbs in \`server/cli\` by \`npm run reference\`. Do not edit.

What was asked for goes to standard output, everything else to standard error. \`--json\` prints JSON in both places. An error is its code
([errors.md](errors.md)), its cause and what to do next. A verb that takes settings takes \`--config FILE\` and every flag of
[config.md](config.md); with \`--data DIR\` it finds the engine that runs on that folder and asks it over its API. With none running it opens the
folder itself and leaves the same audit event.
`;

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'Done.',
  failed: 'Refused or failed; the code on standard error says why.',
  usage: 'The command line or a setting is not understood.',
  none: 'A search found nothing, or a check found faults.',
  unreachable: 'No engine answers, and the data folder cannot be read instead.',
  internal: 'A fault of BitHive itself.',
};

/** docs/reference/cli.md */
export async function cliPage(): Promise<string> {
  const usages: Usage[] = [];
  for (const entry of verbs) usages.push((await entry.load()).usage);
  const exits = Object.entries(exitCodes).map(([name, number]) => [
    String(number),
    meanings[name as keyof typeof exitCodes],
  ]);
  return `${intro}\n${usages.map(sectionOf).join('\n\n')}\n\n## Exit codes\n\n${markdownTable(['Code', 'Meaning'], exits)}\n`;
}

function sectionOf(usage: Usage): string {
  const flags = usage.flags.map(({ name, takes, description }) => [
    code(`--${name}${takes ? ` ${takes}` : ''}`),
    description,
  ]);
  const parts = [
    `## bithive ${usage.name}`,
    usage.summary,
    `\`\`\`\n${synopsis(usage)}\n\`\`\``,
    ...(flags.length === 0 ? [] : [markdownTable(['Flag', 'Meaning'], flags)]),
    `Example: ${code(usage.example)}`,
  ];
  return parts.join('\n\n');
}
