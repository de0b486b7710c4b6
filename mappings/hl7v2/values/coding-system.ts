import type { CodeTable } from '../compiler/code-table.ts';
import { systemOf } from './coded.ts';
import { textAt, type ValueType } from './value-type.ts';

/** The name of a coding system (HL7 table 0396) as its URI. */
export const codingSystem = (registry: CodeTable): ValueType => ({
  yields: ['uri'],
  covers: 'leaf',
  isSelfContained: true,
  compile: () => (run, segment, field, rep, component, subcomponent) => {
    const name = textAt(segment, field, rep, component, subcomponent);
    return name === '' ? undefined : systemOf(run, name, registry);
  },
});
