import { assert } from '../../../core/assert.ts';
import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { FhirObject } from '../../bundle/bundle.ts';
import type { Run } from '../run.ts';
import type { Convert, ValueType } from './value-type.ts';

/** OBX-23 to OBX-25 (HL7 v2.5.1 7.4.2.23 to 7.4.2.25): the laboratory, where it is, who directs it. */
const [nameField, addressField, directorField] = [23, 24, 25] as const;
const roleCodes = 'http://terminology.hl7.org/CodeSystem/v2-0912';

/** Converters that are put together from those of datatype files. */
export function laboratoryTypes(types: ReadonlyMap<string, ValueType>): { readonly [as: string]: ValueType } {
  const reading = (name: string): Convert => {
    const type = types.get(name);
    assert(type !== undefined, `${name} is a datatype of the map`);
    return type.compile({ space: 'organization', keepSource: false });
  };
  const [organization, address, practitioner] = [
    reading('XON>Organization'),
    reading('XAD>Address'),
    reading('XCN>Practitioner'),
  ];
  const laboratories = new WeakMap<Run, Map<string, FhirObject>>();
  /** All results of a report mostly come from one laboratory: it is read once. */
  const laboratoryOf = (run: Run, segment: Hl7Segment, rep: number): FhirObject | undefined => {
    const known = laboratories.get(run) ?? new Map<string, FhirObject>();
    laboratories.set(run, known);
    const text = `${segment.raw(nameField, rep)}\r${segment.raw(addressField, 1)}`;
    const before = known.get(text);
    if (before !== undefined) return before;
    const follow = run.followAdded();
    const reference = organization(run, segment, nameField, rep, 0, 0) as FhirObject | undefined;
    const [added] = follow();
    if (reference === undefined) return undefined;
    const place = address(run, segment, addressField, 1, 0, 0);
    if (added !== undefined && place !== undefined) added.resource.address = [place];
    known.set(text, reference);
    return reference;
  };
  const take = (run: Run, segment: Hl7Segment, field: number, covers: ValueType['covers']): void =>
    run.take(segment, field, { rep: 1, component: 0, subcomponent: 0, covers });

  return {
    'OBX>Organization': {
      yields: ['Reference'],
      covers: types.get('XON>Organization')!.covers,
      compile: () => (run, segment, _field, rep) => {
        const reference = laboratoryOf(run, segment, rep);
        if (reference !== undefined) take(run, segment, addressField, types.get('XAD>Address')!.covers);
        return reference && { ...reference };
      },
    },
    'OBX>PractitionerRole': {
      yields: ['Reference'],
      covers: types.get('XCN>Practitioner')!.covers,
      compile: () => (run, segment, _field, rep) => {
        const person = practitioner(run, segment, directorField, rep, 0, 0) as FhirObject | undefined;
        if (person === undefined) return undefined;
        const laboratory = laboratoryOf(run, segment, 1);
        const parts = [String(person.reference), String(laboratory?.reference ?? '')];
        const identifier = {
          system: run.site.systems.local('medical-director'),
          value: run.site.uuid('PractitionerRole', ...parts),
        };
        const role = {
          resourceType: 'PractitionerRole',
          identifier: [{ ...identifier }],
          practitioner: person,
          ...(laboratory === undefined ? {} : { organization: { ...laboratory } }),
          code: [{ coding: [{ system: roleCodes, code: 'MDIR' }] }],
        };
        const uuid = run.site.uuid('PractitionerRole', identifier.system, identifier.value);
        return { reference: run.add('ensure', uuid, role, identifier) };
      },
    },
  };
}
