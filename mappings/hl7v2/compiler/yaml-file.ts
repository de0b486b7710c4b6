import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { BitHiveError } from '../../../core/errors.ts';

/** A file of the map that passed its schema, and where in it each thing stands. */
export interface YamlFile<T> {
  readonly name: string;
  readonly content: T;
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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const failAt = (offset: number, why: string): never => {
    throw new BitHiveError('BH_MAP_DEFINITION', `${name}:${lines.linePos(offset).line}: ${why}`);
  };
  const syntax = document.errors[0];
  if (syntax !== undefined) failAt(syntax.pos[0], syntax.message);
  const fail = (path: readonly PropertyKey[], why: string): never => failAt(offsetOf(document, path), why);
  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path ?? [];
    return fail(path, `${path.join('.') || 'file'}: ${issue?.message ?? 'not valid'}`);
  }
  return { name, content: parsed.data, fail };
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
