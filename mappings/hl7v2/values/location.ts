import type { FhirObject, Resource } from '../../bundle/bundle.ts';
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

const locationOf: Convert = (run, segment, field, rep, component, subcomponent) => {
  const part = (n: number): string => partAt(segment, field, rep, component, subcomponent, n);
  const description = part(9);
  const names: string[] = [];
  let wider: string | undefined;
  for (const [at, code, display] of levels) {
    const name = part(at);
    names.push(name);
    if (name === '') continue;
    wider = add(run, names, name, code, display, wider, at === narrowest(part) ? description : '');
  }
  if (wider !== undefined) return { reference: wider };
  return description === ''
    ? undefined
    : { reference: add(run, [description], description, '', '', undefined, '') };
};

function narrowest(part: (n: number) => string): number {
  for (let at = levels.length - 1; at >= 0; at--) if (part(levels[at]![0]) !== '') return levels[at]![0];
  return 0;
}

function add(
  run: Parameters<Convert>[0],
  names: readonly string[],
  name: string,
  code: string,
  display: string,
  wider: string | undefined,
  description: string,
): string {
  const identifier = {
    system: run.site.systems.local('location'),
    value: names.map(encodeURIComponent).join('/'),
  };
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
