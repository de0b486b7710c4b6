import { fieldOf, isObject, objectsIn, textOf, type UnknownObject } from '../../formats/fhir/index.ts';

/** Search parameters that the index answers: what conditional requests ask for. */
export const indexedTokens = ['identifier', '_tag'] as const;
export type IndexedToken = (typeof indexedTokens)[number];

/** A resource of any type. */
interface Stored {
  readonly resourceType: string;
  readonly id: string;
}

/** Ids of resources by type, parameter, system and value of their identifiers and tags. */
export class TokenIndex {
  readonly #ids = new Map<string, Set<string>>();

  add(resource: Stored): void {
    for (const key of keysOf(resource)) {
      const ids = this.#ids.get(key);
      if (ids) ids.add(resource.id);
      else this.#ids.set(key, new Set([resource.id]));
    }
  }

  remove(resource: Stored): void {
    for (const key of keysOf(resource)) {
      const ids = this.#ids.get(key);
      ids?.delete(resource.id);
      if (ids?.size === 0) this.#ids.delete(key);
    }
  }

  /** Ids of the type's resources that have one of the comma-separated tokens (FHIR R4 §3.1.1.4.10): `system|value`, `value`, `|value`. */
  find(resourceType: string, parameter: IndexedToken, tokens: string): ReadonlySet<string> {
    const found = new Set<string>();
    for (const token of splitTokens(tokens)) {
      const bar = token.indexOf('|');
      const key =
        bar < 0
          ? `${resourceType}|${parameter}|*|${token}`
          : `${resourceType}|${parameter}|${token.slice(0, bar)}|${token.slice(bar + 1)}`;
      for (const id of this.#ids.get(key) ?? []) found.add(id);
    }
    return found;
  }
}

function keysOf(resource: Stored): string[] {
  if (!isObject(resource)) return [];
  const meta = fieldOf(resource, 'meta');
  return [
    ...tokenKeys(resource, 'identifier', objectsIn(resource, 'identifier'), 'value'),
    ...tokenKeys(resource, '_tag', isObject(meta) ? objectsIn(meta, 'tag') : [], 'code'),
  ];
}

function tokenKeys(
  resource: UnknownObject,
  parameter: IndexedToken,
  tokens: readonly UnknownObject[],
  valueName: string,
): string[] {
  const prefix = `${textOf(resource, 'resourceType')}|${parameter}`;
  return tokens.flatMap((token) => {
    const value = textOf(token, valueName);
    if (value === undefined) return [];
    return [`${prefix}|*|${value}`, `${prefix}|${textOf(token, 'system') ?? ''}|${value}`];
  });
}

/** `\,` is a comma of the value. */
function splitTokens(tokens: string): string[] {
  return tokens.split(/(?<!\\),/).map((token) => token.replace(/\\([,$|\\])/g, '$1'));
}
