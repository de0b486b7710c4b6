import type { FhirObject, FhirValue, Resource } from '../../bundle/bundle.ts';
import type { Made } from './made-resources.ts';

/**
 * What a reference from `holder` to a resource of the message says. A contained one (FHIR R4 2.3.5: it has no identity of its own, like the
 * medication that an order describes by form and strength) is put into its holder.
 */
export function referenceTo(holder: Resource, { spec, resource, fullUrl }: Made): string {
  if (spec.write !== 'contained') return fullUrl;
  const list = (holder.contained as FhirObject[] | undefined) ?? [];
  const id = `${spec.name}-${list.length + 1}`;
  const { resourceType, ...rest } = resource;
  holder.contained = [...(list as FhirValue[]), { resourceType, id, ...rest }];
  return `#${id}`;
}

/** `medication[x]`: whether one of the elements of a choice is there, as itself or as what stands in for it. */
export function hasChoice(resource: FhirObject, name: string): boolean {
  for (const element in resource) {
    const plain = element.startsWith('_') ? element.slice(1) : element;
    if (plain.startsWith(name) && /^[A-Z]/.test(plain.slice(name.length))) return true;
  }
  return false;
}
