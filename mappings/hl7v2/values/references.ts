import type { FhirObject } from '../../bundle/bundle.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import { systemOf } from './coded.ts';
import { identifierTypes } from './identifiers.ts';
import { partAt, type ValueType } from './value-type.ts';

/**
 * References by identifier (FHIR R4 2.3.0.3), to what the message only names: nothing thin is created in its place, and a receiver that
 * has it finds it. A row's `with` says of which type it is.
 */
export function referenceTypes(registry: CodeTable): { readonly [as: string]: ValueType } {
  const identifier = identifierTypes['EI>Identifier']!;
  return {
    'EI>Reference': {
      yields: ['Reference'],
      covers: identifier.covers,
      isSelfContained: true,
      compile: (options) => {
        const read = identifier.compile(options);
        return (...place) => {
          const found = read(...place);
          return found && { identifier: found };
        };
      },
    },
    /** A resource that a schedule knows by a code (AIG-3): code, text, coding system. */
    'CWE>Reference': {
      yields: ['Reference'],
      covers: [undefined, 'leaf', 'leaf', 'leaf'],
      isSelfContained: true,
      compile:
        ({ space }) =>
        (run, ...place) => {
          const part = (n: number): string => partAt(...place, n);
          const [value, display, name] = [part(1), part(2), part(3)];
          const reference: FhirObject = {};
          if (value !== '') {
            const system = name === '' ? run.site.systems.local(space) : systemOf(run, name, registry);
            reference.identifier = { system, value };
          }
          if (display !== '') reference.display = display;
          return value === '' && display === '' ? undefined : reference;
        },
    },
  };
}
