import { isObject, objectsIn, textOf, type UnknownObject } from '../../../formats/fhir/index.ts';

/** `meta.lastUpdated`, as the server wrote it. */
export function lastUpdatedOf(resource: UnknownObject): string | undefined {
  const { meta } = resource;
  return isObject(meta) ? textOf(meta, 'lastUpdated') : undefined;
}

/** Matches of a searchset; what it includes, by `Type/id`; where it goes on. */
export interface Page {
  readonly matches: readonly UnknownObject[];
  readonly included: ReadonlyMap<string, UnknownObject>;
  readonly next: string | undefined;
}

export function pageOf(bundle: UnknownObject, type: string): Page {
  const matches: UnknownObject[] = [];
  const included = new Map<string, UnknownObject>();
  for (const entry of objectsIn(bundle, 'entry')) {
    const { resource } = entry;
    if (!isObject(resource)) continue;
    const mode = objectsIn(entry, 'search').map((search) => textOf(search, 'mode'))[0];
    const isMatch = textOf(resource, 'resourceType') === type && mode !== 'include' && mode !== 'outcome';
    if (isMatch) matches.push(resource);
    else included.set(`${textOf(resource, 'resourceType')}/${textOf(resource, 'id')}`, resource);
  }
  const link = objectsIn(bundle, 'link').find((one) => textOf(one, 'relation') === 'next');
  return { matches, included, next: link && textOf(link, 'url') };
}
