import { objectsIn, textOf, type UnknownObject } from '../../formats/fhir/index.ts';

/** Ids of resources by `Type|system|value` and `Type||value` of their identifiers: the search that conditional requests make. */
export class IdentifierIndex {
  readonly #ids = new Map<string, Set<string>>();

  add(resource: UnknownObject): void {
    for (const key of keysOf(resource)) {
      const ids = this.#ids.get(key);
      if (ids) ids.add(textOf(resource, 'id') as string);
      else this.#ids.set(key, new Set([textOf(resource, 'id') as string]));
    }
  }

  remove(resource: UnknownObject): void {
    for (const key of keysOf(resource)) {
      const ids = this.#ids.get(key);
      ids?.delete(textOf(resource, 'id') as string);
      if (ids?.size === 0) this.#ids.delete(key);
    }
  }

  /** Ids of the type's resources that have one of the comma-separated tokens (FHIR R4 §3.1.1.4.10): `system|value`, `value`, `|value`. */
  find(resourceType: string, tokens: string): ReadonlySet<string> {
    const found = new Set<string>();
    for (const token of splitTokens(tokens)) {
      const bar = token.indexOf('|');
      const key =
        bar < 0
          ? `${resourceType}|*|${token}`
          : `${resourceType}|${token.slice(0, bar)}|${token.slice(bar + 1)}`;
      for (const id of this.#ids.get(key) ?? []) found.add(id);
    }
    return found;
  }
}

function keysOf(resource: UnknownObject): string[] {
  const type = textOf(resource, 'resourceType');
  return objectsIn(resource, 'identifier').flatMap((identifier) => {
    const value = textOf(identifier, 'value');
    if (value === undefined) return [];
    return [`${type}|*|${value}`, `${type}|${textOf(identifier, 'system') ?? ''}|${value}`];
  });
}

/** `\,` is a comma of the value. */
function splitTokens(tokens: string): string[] {
  return tokens.split(/(?<!\\),/).map((token) => token.replace(/\\([,$|\\])/g, '$1'));
}
