import type * as z from 'zod';
import type { YamlFile } from '../compiler/yaml-file.ts';

/** What an overlay says of the named things (rows by id, resources by name) of one file. */
export interface Changes<T> {
  readonly add: readonly (T & {
    readonly before?: string | undefined;
    readonly after?: string | undefined;
  })[];
  readonly change: readonly Partial<T>[];
  readonly replace: readonly T[];
  readonly drop: readonly string[];
}

/** A file of rows or resources: where its list stands, what names a thing of it, what each must look like. */
export interface ListOf<K extends string, N extends string, T> {
  readonly list: K;
  readonly name: N;
  /** For messages: `row`, `resource`. */
  readonly what: string;
  readonly schema: z.ZodType<T>;
}

/** A thing of the list, and where in which file it was written. */
interface Placed<T> {
  readonly item: T;
  readonly file: YamlFile<unknown>;
  readonly path: readonly PropertyKey[];
}

/**
 * Our file with what an overlay says of it. Places still lead to where a thing was written, in our file or in the overlay's.
 *
 * @throws BH_MAP_DEFINITION with file and line: a name that our file has not, or has already; a row that its change makes invalid
 */
export function applyChanges<
  K extends string,
  N extends string,
  T extends { readonly [name in N]: string },
  F extends object,
>(
  base: YamlFile<F & { readonly [list in K]: readonly T[] }>,
  changes: YamlFile<Changes<T>>,
  kind: ListOf<K, N, T>,
): YamlFile<F & { readonly [list in K]: readonly T[] }> {
  const { list, name, what, schema } = kind;
  const content = base.content as F & { readonly [list in K]: readonly T[] };
  const before: readonly T[] = content[list];
  const placed: Placed<T>[] = before.map((item, at) => ({ item, file: base, path: [list, at] }));
  const find = (wanted: string, path: readonly PropertyKey[]): number => {
    const at = placed.findIndex(({ item }) => item[name] === wanted);
    return at >= 0 ? at : changes.fail(path, `${base.name} has no ${what} ${wanted}`);
  };
  const { change, replace, drop, add } = changes.content;
  for (const [index, one] of change.entries()) {
    const at = find(String(one[name]), ['change', index]);
    const parsed = schema.safeParse({ ...placed[at]!.item, ...one });
    if (!parsed.success)
      changes.fail(['change', index], `${what} ${one[name]}: ${parsed.error.issues[0]?.message}`);
    placed[at] = { item: parsed.data as T, file: changes, path: ['change', index] };
  }
  for (const [index, item] of replace.entries())
    placed[find(item[name], ['replace', index])] = { item, file: changes, path: ['replace', index] };
  for (const [index, wanted] of drop.entries()) placed.splice(find(wanted, ['drop', index]), 1);
  for (const [index, { before: next, after: previous, ...rest }] of add.entries()) {
    const path = ['add', index];
    const parsed = schema.safeParse(rest);
    if (!parsed.success)
      changes.fail(
        path,
        `${what} ${String((rest as { readonly [key: string]: unknown })[name])}: ${parsed.error.issues[0]?.message}`,
      );
    const item = parsed.data as T;
    if (placed.some((other) => other.item[name] === item[name]))
      changes.fail(path, `${base.name} has a ${what} ${item[name]} already: change or replace it`);
    const at =
      next !== undefined
        ? find(next, path)
        : previous !== undefined
          ? find(previous, path) + 1
          : placed.length;
    placed.splice(at, 0, { item, file: changes, path });
  }
  return withPlaces(base, list, placed, { ...content, [list]: placed.map(({ item }) => item) });
}

/** A file whose things were written in several. */
function withPlaces<T>(
  base: YamlFile<T>,
  list: string,
  placed: readonly Placed<unknown>[],
  content: T,
): YamlFile<T> {
  const origin = (path: readonly PropertyKey[]): readonly [YamlFile<unknown>, readonly PropertyKey[]] => {
    const [first, index, ...rest] = path;
    const one = first === list && typeof index === 'number' ? placed[index] : undefined;
    return one === undefined ? [base, path] : [one.file, [...one.path, ...rest]];
  };
  return {
    name: base.name,
    content,
    at(path) {
      const [file, inner] = origin(path);
      return file.at(inner);
    },
    fail(path, why) {
      const [file, inner] = origin(path);
      return file.fail(inner, why);
    },
  };
}
