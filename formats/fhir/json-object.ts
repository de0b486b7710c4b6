/** A JSON object of unknown content. Names are looked up with `fieldOf` only, so that `constructor` is never inherited. */
export type UnknownObject = { readonly [name: string]: unknown };

export function isObject(value: unknown): value is UnknownObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldOf(object: UnknownObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The list's values, the single value as a list, nothing as an empty list. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined ? [] : [value];
}

/** Objects under a name that should be a list of objects; whatever else is there is left out. */
export function objectsIn(object: UnknownObject, name: string): readonly UnknownObject[] {
  return listOf(fieldOf(object, name)).filter(isObject);
}

export function textOf(object: UnknownObject, name: string): string | undefined {
  const value = fieldOf(object, name);
  return typeof value === 'string' ? value : undefined;
}
