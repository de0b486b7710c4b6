import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';

/** Environment references in a channel file: `${NAME}` and `${NAME:-default}`. */
const reference = /\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g;

export type Environment = { readonly [name: string]: string | undefined };

/** Replaces references; one that is not set and has no default is refused with its line. */
export function substituteEnvironment(text: string, environment: Environment, file: string): string {
  return text.replace(reference, (whole, name: string, fallback: string | undefined, at: number) => {
    const value = environment[name] ?? fallback;
    if (value !== undefined) return value;
    const line = text.slice(0, at).split('\n').length;
    throw new BitHiveError('BH_CONFIG_VALUE', `${file}:${line}: ${whole} is not set`);
  });
}

/**
 * Reads one YAML document and checks it. Every fault names file and line (BH_CONFIG_SYNTAX, BH_CONFIG_KEY,
 * BH_CONFIG_VALUE).
 */
export function readYaml<T>(text: string, file: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, schema: 'core' });
  const fault = document.errors[0];
  if (fault) {
    const { line } = lines.linePos(fault.pos[0]);
    throw new BitHiveError('BH_CONFIG_SYNTAX', `${file}:${line}: ${fault.message.split('\n')[0]}`);
  }
  const checked = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const path = (issue?.path ?? []) as readonly (string | number)[];
  const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const line = lineOf(document, lines, key === undefined ? path : [...path, key]);
  const where = path.length > 0 ? `${path.join('.')}: ` : '';
  throw new BitHiveError(
    key === undefined ? 'BH_CONFIG_VALUE' : 'BH_CONFIG_KEY',
    `${file}:${line}: ${where}${issue?.message ?? 'not valid'}`,
  );
}

function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly (string | number)[],
): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
