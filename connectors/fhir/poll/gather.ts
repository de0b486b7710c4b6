import { limits } from '../../../core/limits.ts';
import { isObject, textOf, type UnknownObject } from '../../../formats/fhir/index.ts';
import { type PollClient, readsAtOnce } from './poll-client.ts';

/** What is read around a changed resource: who, where, ordered by what, found what. */
const followed = new Set([
  'Device',
  'Encounter',
  'ImagingStudy',
  'Location',
  'Media',
  'Observation',
  'Organization',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'ServiceRequest',
  'Specimen',
]);
/** They lead away from the matter: to other patients, and to what has nothing to do with the change. */
const ends = new Set(['Patient', 'Organization', 'Practitioner', 'Device']);

/** Resources of one round that were read already. */
export type Gathered = Map<string, UnknownObject | null>;

/**
 * The resources that a changed one refers to, up to a depth, each once. What the server does not have is left out. Throws as `PollClient.read`.
 *
 * @param known read before; bounded by `limits.fhirPollReferencesMax`
 */
export async function gather(
  client: PollClient,
  focus: UnknownObject,
  depth: number,
  known: Gathered,
  signal: AbortSignal,
): Promise<readonly UnknownObject[]> {
  const found = new Map<string, UnknownObject>();
  const own = `${textOf(focus, 'resourceType')}/${textOf(focus, 'id')}`;
  let frontier: readonly UnknownObject[] = [focus];
  for (let level = 0; level < depth && frontier.length > 0; level++) {
    const names = [...new Set(frontier.flatMap((resource) => referencesOf(resource, client.base)))]
      .filter((name) => name !== own && !found.has(name))
      .slice(0, Math.max(0, limits.fhirPollReferencesMax - found.size));
    await readAll(client, names, known, signal);
    frontier = names.map((name) => known.get(name)).filter((one) => one !== null && one !== undefined);
    for (const name of names) {
      const resource = known.get(name);
      if (resource) found.set(name, resource);
    }
  }
  return [...found.values()];
}

async function readAll(
  client: PollClient,
  names: readonly string[],
  known: Gathered,
  signal: AbortSignal,
): Promise<void> {
  const missing = names.filter((name) => !known.has(name));
  for (let at = 0; at < missing.length; at += readsAtOnce) {
    const some = missing.slice(at, at + readsAtOnce);
    const reads = await Promise.all(some.map((name) => client.read(name, signal)));
    for (const [index, name] of some.entries()) known.set(name, reads[index]?.resource ?? null);
  }
}

/** `Type/id` of what a resource refers to on the same server, in the order in which it does. */
function referencesOf(resource: UnknownObject, base: string): readonly string[] {
  if (ends.has(textOf(resource, 'resourceType') ?? '')) return [];
  const names: string[] = [];
  const walk = (value: unknown, depth: number): void => {
    if (depth > limits.jsonDepthMax) return;
    if (Array.isArray(value)) for (const one of value as readonly unknown[]) walk(one, depth + 1);
    else if (isObject(value)) {
      const name = nameOf(value.reference, base);
      if (name !== undefined) names.push(name);
      for (const [key, inner] of Object.entries(value)) if (key !== 'contained') walk(inner, depth + 1);
    }
  };
  walk(resource, 0);
  return names;
}

function nameOf(reference: unknown, base: string): string | undefined {
  if (typeof reference !== 'string') return undefined;
  const local = reference.startsWith(`${base}/`) ? reference.slice(base.length + 1) : reference;
  const [, name, type = ''] =
    /^(([A-Z][A-Za-z]{1,63})\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]+)?$/.exec(local) ?? [];
  return followed.has(type) ? name : undefined;
}
