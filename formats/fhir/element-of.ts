import type { Binding } from './element-tables.ts';
import { shapeOf } from './type-shapes.ts';

export interface ElementFacts {
  /** Datatype names; several for a choice (`value[x]`); `Patient.contact` for the content of a backbone element. */
  readonly types: readonly string[];
  readonly isList: boolean;
  readonly min: number;
  readonly binding?: Binding;
}

/**
 * What FHIR R4 says of an element. `path` is relative to the resource type and walks through datatypes
 * (`location.location`, `name.given`, `valueQuantity.value`, `value[x]`); `[0]`, `[+]` after a name are ignored. A
 * reference is not followed. Undefined when R4 has no such element.
 */
export function elementOf(resourceType: string, path: string): ElementFacts | undefined {
  const names = path.replace(/\[[^\]x]*\]/g, '').split('.');
  let type: string | undefined = resourceType;
  let facts: ElementFacts | undefined;
  for (const name of names) {
    if (type === undefined) return undefined;
    facts = elementIn(type, name);
    type = facts?.types.length === 1 ? facts.types[0] : undefined;
  }
  return facts;
}

function elementIn(type: string, name: string): ElementFacts | undefined {
  const shape = shapeOf(type);
  const property = shape?.properties.get(name);
  if (property) {
    const binding = property.binding ? { binding: property.binding } : {};
    return { types: [property.type], isList: property.isList, min: property.min, ...binding };
  }
  const choice = shape?.choices.get(name.replace('[x]', ''));
  if (!choice) return undefined;
  const binding = choice.binding ? { binding: choice.binding } : {};
  return { types: choice.types, isList: choice.isList, min: choice.min, ...binding };
}
