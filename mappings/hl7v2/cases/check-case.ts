import type { FhirValue } from '../../bundle/bundle.ts';
import { isObject } from '../../bundle/bundle.ts';
import type { YamlFile } from '../compiler/yaml-file.ts';
import type { Conversion } from '../load.ts';
import type { CaseFacts } from './case-file.ts';

type Scalar = string | number | boolean;

/** What of a case does not hold: `file:line: what`. Empty: it passes. */
export function checkCase(file: YamlFile<CaseFacts>, conversion: Conversion): readonly string[] {
  const { resources, facts, absent, noResidue, residue, issues } = file.content;
  const faults: string[] = [];
  const fault = (path: readonly PropertyKey[], what: string) => void faults.push(`${file.at(path)}: ${what}`);
  for (const [type, expected] of Object.entries(resources)) {
    const found = ofType(conversion, type).length;
    if (found !== expected) fault(['resources', type], `${found} ${type}; expected ${expected}`);
  }
  for (const [path, expected] of Object.entries(facts)) {
    const found = valuesAt(conversion, path);
    if (!holds(found, expected))
      fault(['facts', path], `${path} is ${shown(found)}; expected ${JSON.stringify(expected)}`);
  }
  for (const [at, path] of absent.entries()) {
    const found = valuesAt(conversion, path);
    if (found.length > 0) fault(['absent', at], `${path} is ${shown(found)}; expected nothing`);
  }
  const left = conversion.residue.map(({ path }) => path);
  for (const [at, start] of (noResidue === 'all' ? [''] : noResidue).entries()) {
    const over = left.filter((path) => begins(path, start));
    if (over.length > 0) fault(['noResidue', at], `no row takes ${over.join(', ')}`);
  }
  for (const [at, start] of residue.entries()) {
    if (!left.some((path) => begins(path, start))) fault(['residue', at], `nothing of ${start} is left over`);
  }
  const told = conversion.issues.filter(({ severity }) => severity !== 'information');
  if (issues === 'none') {
    for (const { path, text } of told) fault(['issues'], `issue of ${path}: ${text}`);
  } else {
    for (const [at, start] of issues.entries())
      if (!conversion.issues.some(({ path }) => begins(path, start)))
        fault(['issues', at], `no issue of ${start}`);
  }
  return faults;
}

/** `PID-5.1` begins with `PID-5` and with `PID`; `PID-51` does not begin with `PID-5`. */
function begins(path: string, start: string): boolean {
  return path.startsWith(start) && (start === '' || !/^\d/.test(path.slice(start.length)));
}

const ofType = ({ bundle }: Conversion, type: string): readonly FhirValue[] =>
  bundle.entry.flatMap(({ resource }) => (resource.resourceType === type ? [resource] : []));

/** All values at a path, in the order of the Bundle. */
function valuesAt(conversion: Conversion, path: string): readonly FhirValue[] {
  const [first = '', ...steps] = path.split('.');
  const { name, index } = stepOf(first);
  let found = picked(ofType(conversion, name), index);
  for (const step of steps) {
    const { name: member, index: nth } = stepOf(step);
    found = found.flatMap((value) => {
      const inner = isObject(value) ? value[member] : undefined;
      if (inner === undefined) return [];
      return Array.isArray(inner) ? picked(inner, nth) : [inner];
    });
  }
  return found;
}

function stepOf(text: string): { readonly name: string; readonly index: number | undefined } {
  const match = /^(.*)\[(\d+)\]$/.exec(text);
  return match === null ? { name: text, index: undefined } : { name: match[1]!, index: Number(match[2]) };
}

function picked(list: readonly FhirValue[], index: number | undefined): readonly FhirValue[] {
  if (index === undefined) return list;
  return list[index] === undefined ? [] : [list[index]];
}

function holds(found: readonly FhirValue[], expected: Scalar | readonly Scalar[]): boolean {
  if (typeof expected !== 'object') return found.includes(expected);
  return found.length === expected.length && expected.every((value, at) => found[at] === value);
}

const shown = (found: readonly FhirValue[]): string =>
  found.length === 0 ? 'not there' : found.map((value) => JSON.stringify(value)).join(', ');
