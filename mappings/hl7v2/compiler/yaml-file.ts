import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { BitHiveError } from '../../../core/errors.ts';

/** A file of the map that passed its schema, and where in it each thing stands. */
export interface YamlFile<T> {
  readonly name: string;
  readonly content: T;
  /** `file:line` of what a path leads to, or of the nearest thing above it. */
  at(path: readonly PropertyKey[]): string;
  /** Throws BH_MAP_DEFINITION `file:line: why`; `path` leads to what is wrong. */
  fail(path: readonly PropertyKey[], why: string): never;
}

/** Throws BH_MAP_DEFINITION with file and line. */
export function readYamlFile<S extends z.ZodType>(
  name: string,
  text: string,
  schema: S,
): YamlFile<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const placeOf = (offset: number): string => `${name}:${lines.linePos(offset).line}`;
  const syntax = document.errors[0];
  if (syntax !== undefined)
    throw new BitHiveError('BH_MAP_DEFINITION', `${placeOf(syntax.pos[0])}: ${syntax.message}`);
  const at = (path: readonly PropertyKey[]): string => placeOf(offsetOf(document, path));
  const fail = (path: readonly PropertyKey[], why: string): never => {
    throw new BitHiveError('BH_MAP_DEFINITION', `${at(path)}: ${why}`);
  };
  const parsed = schema.safeParse(contentOf(document, name));
  if (parsed.success) return { name, content: parsed.data, at, fail };
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return fail([...path, ...unknown], `${path.join('.') || 'file'}: ${issue?.message ?? 'not valid'}`);
}

/** Aliases that stand for each other thousands of times are refused by the YAML reader. */
function contentOf(document: ReturnType<typeof parseDocument>, name: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BitHiveError('BH_MAP_DEFINITION', `${name}:1: ${why}`, { cause });
  }
}

/** Start of the node at a path, or of the nearest one above it that is there. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown =
      length === 0 ? document.contents : document.getIn(path.slice(0, length) as unknown[], true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return node.range[0] as number;
  }
  return 0;
}
