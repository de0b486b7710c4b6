import type { FhirObject, Identifier } from '../../bundle/bundle.ts';
import { identifierTypes } from './identifiers.ts';
import type { ValueType } from './value-type.ts';

const identifier = identifierTypes['EI>Identifier']!;

/** A device that is known by its number only (OBX-18, PRT-10): a reference to a Device with that identifier. */
export const deviceReference: ValueType = {
  yields: ['Reference'],
  covers: identifier.covers,
  isSelfContained: true,
  recurs: true,
  compile: () => {
    const read = identifier.compile({ space: 'device', keepSource: false });
    return (run, ...place) => {
      const found = read(run, ...place) as (FhirObject & Identifier) | undefined;
      if (found === undefined) return undefined;
      const { system, value } = found;
      const device = { resourceType: 'Device', identifier: [{ system, value }] };
      return {
        reference: run.add('ensure', run.site.uuid('Device', system, value), device, { system, value }),
      };
    };
  },
};
