import type { FhirObject, FhirValue, Resource } from '../../bundle/bundle.ts';
import type { Run } from '../run.ts';
import { type Convert, partAt, type ValueType } from './value-type.ts';

const physicalType = 'http://terminology.hl7.org/CodeSystem/location-physical-type';

/** PL components (HL7 v2.5.1 2.A.53) from the widest place to the narrowest, with the FHIR physical type where there is one. */
const levels: readonly (readonly [component: number, code: string, display: string])[] = [
  [4, 'si', 'Site'],
  [7, 'bu', 'Building'],
  [8, 'lvl', 'Level'],
  [1, '', ''],
  [2, 'ro', 'Room'],
  [3, 'bd', 'Bed'],
];

/**
 * PL as a chain of Locations, each part of the wider one, as the sheets advise; answers a reference to the narrowest. Their identifier
 * is ours: the names from the site down. A point of care has no physical type in FHIR.
 */
export const locationChain: ValueType = {
  yields: ['Reference'],
  covers: [undefined, 'leaf', 'leaf', 'leaf', 'leaf', undefined, undefined, 'leaf', 'leaf', 'leaf'],
  isSelfContained: true,
  recurs: true,
  compile: () => locationOf,
};

const locationOf: Convert = (...place) => {
  const [, segment, field, rep, component, subcomponent] = place;
  const reference = chainDownTo(place, levels.length);
  if (reference !== undefined) return { reference };
  const description = partAt(segment, field, rep, component, subcomponent, 9);
  if (description === '') return undefined;
  return { reference: add(place[0], [description], description, '', '', undefined, '') };
};

/** Adds the Locations of the first levels, each within the one before it; answers the fullUrl of the narrowest. */
function chainDownTo([run, ...place]: Parameters<Convert>, end: number): string | undefined {
  const part = (n: number): string => partAt(...place, n);
  const names: string[] = [];
  let wider: string | undefined;
  for (const [at, code, display] of levels.slice(0, end)) {
    const name = part(at);
    names.push(name);
    if (name === '') continue;
    wider = add(run, names, name, code, display, wider, at === narrowest(part) ? part(9) : '');
  }
  return wider;
}

/** What a message that tells of the place itself needs (NPU): its identifier, its name, and the place that it is part of. */
export const placeTypes: { readonly [as: string]: ValueType } = {
  'PL>Identifier': ofPlace(['Identifier'], ({ run, names }) => identifierOf(run, names)),
  'PL>string': ofPlace(['string'], ({ name }) => name),
  'PL>wider': ofPlace(['Reference'], ({ place, level }) => {
    const reference = chainDownTo(place, level);
    return reference === undefined ? undefined : { reference };
  }),
};

interface Place {
  readonly run: Run;
  readonly place: Parameters<Convert>;
  /** Index of the narrowest level that is named. */
  readonly level: number;
  readonly name: string;
  readonly names: readonly string[];
}

function ofPlace(yields: readonly string[], read: (place: Place) => FhirValue | undefined): ValueType {
  return {
    yields,
    covers: locationChain.covers,
    compile:
      () =>
      (...place) => {
        const [run, ...where] = place;
        const part = (n: number): string => partAt(...where, n);
        const level = levels.findIndex(([at]) => at === narrowest(part));
        if (level < 0) return undefined;
        const names = levels.slice(0, level + 1).map(([at]) => part(at));
        return read({ run, place, level, name: names[level]!, names });
      },
  };
}

function narrowest(part: (n: number) => string): number {
  for (let at = levels.length - 1; at >= 0; at--) if (part(levels[at]![0]) !== '') return levels[at]![0];
  return 0;
}

const identifierOf = (run: Run, names: readonly string[]): { system: string; value: string } => ({
  system: run.site.systems.local('location'),
  value: names.map(encodeURIComponent).join('/'),
});

function add(
  run: Run,
  names: readonly string[],
  name: string,
  code: string,
  display: string,
  wider: string | undefined,
  description: string,
): string {
  const identifier = identifierOf(run, names);
  const location: Resource = {
    resourceType: 'Location',
    identifier: [{ ...identifier }],
    name,
    mode: 'instance',
  };
  if (description !== '') location.description = description;
  if (code !== '')
    location.physicalType = { coding: [{ system: physicalType, code, display } as FhirObject] };
  if (wider !== undefined) location.partOf = { reference: wider };
  return run.add(
    'ensure',
    run.site.uuid('Location', identifier.system, identifier.value),
    location,
    identifier,
  );
}
