import type { FhirObject } from '../../bundle/bundle.ts';
import { partAt, textAt, type ValueType } from './value-type.ts';

/** EI (HL7 v2.5.1 2.A.28): value, and the assigner in its last three components. */
const entityIdentifier: ValueType = {
  yields: ['Identifier'],
  covers: [undefined, 'leaf', 'leaf', 'leaf', 'leaf'],
  isSelfContained: true,
  compile:
    ({ space }) =>
    (run, segment, field, rep, component, subcomponent) => {
      const part = (n: number): string => partAt(segment, field, rep, component, subcomponent, n);
      const value = part(1);
      if (value === '') return undefined;
      const assigner = { namespaceId: part(2), universalId: part(3), universalIdType: part(4) };
      const identifier: FhirObject = { system: run.site.systems.of(assigner, space), value };
      return identifier;
    },
};

/** A plain text that identifies: the system is ours, by what it identifies. */
const textIdentifier: ValueType = {
  yields: ['Identifier'],
  covers: 'leaf',
  compile:
    ({ space }) =>
    (run, segment, field, rep, component, subcomponent) => {
      const value = textAt(segment, field, rep, component, subcomponent);
      return value === '' ? undefined : { system: run.site.systems.local(space), value };
    },
};

export const identifierTypes: { readonly [as: string]: ValueType } = {
  'EI>Identifier': entityIdentifier,
  'ST>Identifier': textIdentifier,
};
