import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
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
    // The line is shown: its comment may say which setting gives the value.
    const stated = text.split('\n')[line - 1]?.trim();
    throw new BitHiveError('BH_CONFIG_VALUE', `${file}:${line}: ${whole} is not set; the line is: ${stated}`);
  });
}

/** A YAML file that passed its schema, and the place of each thing in it, for the checks that follow. */
export interface YamlFile<T> {
  readonly content: T;
  /** `file:line` of what stands at the path, or of the nearest thing above it. */
  at(path: readonly PropertyKey[]): string;
}

/**
 * Reads one YAML document and checks it. Every fault names file and line (BH_CONFIG_SYNTAX, BH_CONFIG_KEY,
 * BH_CONFIG_VALUE).
 */
export function readYaml<T>(text: string, file: string, schema: z.ZodType<T>): T {
  return readYamlFile(text, file, schema).content;
}

/** As `readYaml`, with the places. */
export function readYamlFile<T>(text: string, file: string, schema: z.ZodType<T>): YamlFile<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, schema: 'core' });
  const fault = document.errors[0];
  if (fault) {
    const { line } = lines.linePos(fault.pos[0]);
    throw new BitHiveError('BH_CONFIG_SYNTAX', `${file}:${line}: ${fault.message.split('\n')[0]}`);
  }
  const at = (path: readonly PropertyKey[]) => `${file}:${lineOf(document, lines, path)}`;
  const checked = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (checked.success) return { content: checked.data, at };
  throw schemaFault(checked.error.issues[0], at, []);
}

/**
 * What a schema found wrong, with its place.
 *
 * @param above where the checked value stands in the file
 */
export function schemaFault(
  issue: z.core.$ZodIssue | undefined,
  at: (path: readonly PropertyKey[]) => string,
  above: readonly PropertyKey[],
): BitHiveError {
  const path = [...above, ...(issue?.path ?? [])];
  const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const where = path.length > 0 ? `${path.join('.')}: ` : '';
  return new BitHiveError(
    key === undefined ? 'BH_CONFIG_VALUE' : 'BH_CONFIG_KEY',
    `${at(key === undefined ? path : [...path, key])}: ${where}${issue?.message ?? 'not valid'}`,
  );
}

function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = keyAt(document, path.slice(0, depth)) ?? document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** A value may begin lines below its key, and it is the key that is looked for. */
function keyAt(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): unknown {
  const last = path.at(-1);
  const above = document.getIn(path.slice(0, -1), true);
  if (last === undefined || !isMap(above)) return undefined;
  return above.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))?.key;
}
