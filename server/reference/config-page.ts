import { z } from 'zod';
import { configSchema, loadConfig, type Setting, settings } from '../../config/index.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { code, markdownTable } from './markdown.ts';

const intro = `# Settings

Generated from \`config/schema.ts\` and \`config/default.yaml\` by \`npm run reference\`. Do not edit.

A value comes from the first of these that states it: a flag, an environment variable, the site file (\`--config FILE\` or
\`BITHIVE_CONFIG\`), \`config/default.yaml\`. \`bithive config explain KEY\` says which one did. Lists are separated by commas in flags and
variables, maps are JSON there. \`null\` in the site file takes a default away. Secrets are references: \`file:/path\` (mode 0600) or
\`env:NAME\`. An unknown key is refused with the nearest one that exists. Editors complete the site file from
[config.schema.json](config.schema.json).
`;

/** docs/reference/config.md */
export function configPage(): string {
  const { explain } = loadConfig({ argv: [], env: {}, cwd: '/' });
  const rows = settings.map((setting) => rowOf(setting, explain(setting.key).value));
  return `${intro}\n${markdownTable(['Key', 'Takes', 'Default', 'Meaning', 'Variable', 'Flag'], rows)}\n`;
}

function rowOf(setting: Setting, value: unknown): readonly string[] {
  const { key, takes, description, variable, flag } = setting;
  return [
    code(key),
    takes,
    value === undefined ? 'not set' : code(shown(setting, value)),
    description,
    code(variable),
    code(`--${flag}`),
  ];
}

/** The page is the same on every machine: a path of the defaults is shown as it is written there. */
function shown({ isPath }: Setting, value: unknown): string {
  return isPath ? `.${String(value)}` : typeof value === 'string' ? value : JSON.stringify(value);
}

/** docs/reference/config.schema.json: the site file, in which nothing is required. */
export function configJsonSchema(): string {
  return `${JSON.stringify(withoutRequired(z.toJSONSchema(configSchema, { io: 'input' }) as JsonObject), null, 2)}\n`;
}

function withoutRequired(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutRequired);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([name, member]) => !(name === 'required' && Array.isArray(member)))
      .map(([name, member]) => [name, withoutRequired(member)]),
  );
}
