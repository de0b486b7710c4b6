import type { FhirObject, FhirValue } from '../../bundle/bundle.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import type { Run } from '../run.ts';
import { originalCode } from './primitives.ts';
import { type Convert, codeText, partAt, type RowOptions, textAt, type ValueType } from './value-type.ts';

type Place = Parameters<Convert>;

/** Parts of the three codings of a CWE (HL7 v2.5.1 2.A.13): code, text, system, version. */
const codings = [
  [1, 2, 3, 7],
  [4, 5, 6, 8],
  [10, 11, 12, 13],
] as const;
const cweParts = [undefined, ...Array.from({ length: 13 }, () => 'leaf' as const)];

/** HL7 table 0396 names of coding systems to URIs. The registry is a table of the map, so that a site can add its own. */
export function codedTypes(registry: CodeTable): { readonly [as: string]: ValueType } {
  return {
    'CWE>CodeableConcept': {
      yields: ['CodeableConcept'],
      covers: cweParts,
      isSelfContained: true,
      recurs: true,
      compile:
        (options) =>
        (...place) =>
          conceptOf(place, options, registry),
    },
    /** Extensions of a person's citizenship and nationality hold their code one level down. */
    'CWE>Extension': {
      yields: ['Extension'],
      covers: cweParts,
      isSelfContained: true,
      recurs: true,
      compile:
        (options) =>
        (...place) => {
          const concept = conceptOf(place, options, registry);
          return concept && { extension: [{ url: 'code', valueCodeableConcept: concept }] };
        },
    },
    'CWE>Coding': {
      yields: ['Coding'],
      covers: cweParts.slice(0, 9),
      isSelfContained: true,
      recurs: true,
      compile:
        (options) =>
        (...place) =>
          codingOf(place, options, registry),
    },
    'ST>CodeableConcept': {
      yields: ['CodeableConcept'],
      covers: 'leaf',
      compile: () => (_run, segment, field, rep, component, subcomponent) => {
        const text = textAt(segment, field, rep, component, subcomponent);
        return text === '' ? undefined : { text };
      },
    },
    'CWE>unit': {
      yields: ['Quantity'],
      covers: cweParts.slice(0, 4),
      compile:
        () =>
        (...place) =>
          unitOf(place, registry),
    },
  };
}

export const systemOf = (run: Run, name: string, registry: CodeTable): string => {
  const known = registry.find(name);
  if (known !== undefined) return known.target;
  const table = /^HL7(\d{4})$/i.exec(name)?.[1];
  if (table !== undefined) return `http://terminology.hl7.org/CodeSystem/v2-${table}`;
  if (/^[0-2](\.(0|[1-9]\d*))+$/.test(name)) return `urn:oid:${name}`;
  if (/^(https?:\/\/|urn:)\S+$/.test(name)) return name;
  return run.site.systems.local(`code-system/${encodeURIComponent(name)}`);
};

function conceptOf(place: Place, options: RowOptions, registry: CodeTable): FhirObject | undefined {
  const [run, segment, field, rep, component, subcomponent] = place;
  const part = (n: number): string => partAt(segment, field, rep, component, subcomponent, n);
  const coding: FhirValue[] = [];
  let loneText = '';
  for (let at = 0; at < codings.length; at++) {
    const [codeAt, textAt, systemAt, versionAt] = codings[at]!;
    const code = part(codeAt);
    const display = part(textAt);
    if (code === '') {
      if (loneText === '') loneText = display;
      continue;
    }
    const name = part(systemAt);
    const system = name !== '' ? systemOf(run, name, registry) : at === 0 ? options.codes : undefined;
    coding.push(makeCoding(system, code, display, part(versionAt)));
  }
  let text = part(9) || loneText;
  const sent = part(1);
  if (options.table !== undefined && sent !== '') {
    const row = options.table.find(sent);
    if (row !== undefined) addMapped(coding, row);
    else if (part(3) === '') {
      // A word of the sender's own (`Married`): it is no code of the table, and nobody says of which system it is.
      delete (coding[0] as FhirObject).system;
      text ||= part(2) || sent;
    }
  }
  if (coding.length === 0) return text === '' ? undefined : { text };
  return text === '' ? { coding } : { coding, text };
}

/** The table's coding goes in front; the one that was sent stays, unless it is the same. */
function addMapped(coding: FhirValue[], row: { target: string; system: string; display: string }): void {
  const first = coding[0] as FhirObject;
  if (first.system === row.system && first.code === row.target) {
    if (first.display === undefined && row.display !== '') first.display = row.display;
    return;
  }
  coding.unshift(makeCoding(row.system, row.target, row.display, ''));
}

function makeCoding(system: string | undefined, code: string, display: string, version: string): FhirObject {
  const coding: FhirObject = {};
  if (system !== undefined) coding.system = system;
  if (version !== '') coding.version = version;
  coding.code = codeText(code);
  if (display !== '') coding.display = display;
  return coding;
}

/** One coding: the table's answer, with the one that was sent in an extension when asked for; else the one that was sent. */
function codingOf(place: Place, options: RowOptions, registry: CodeTable): FhirObject | undefined {
  const [run, segment, field, rep, component, subcomponent] = place;
  const part = (n: number): string => partAt(segment, field, rep, component, subcomponent, n);
  const code = part(1);
  if (code === '') return undefined;
  const name = part(3);
  const system = name === '' ? options.codes : systemOf(run, name, registry);
  const row = options.table?.find(code);
  if (row === undefined) return makeCoding(system, code, part(2), part(7));
  const mapped = makeCoding(row.system, row.target, row.display, '');
  const isKept = options.keepSource && (row.equivalence !== 'equivalent' || part(2) !== '');
  return isKept ? { ...originalCode(code, system), ...mapped } : mapped;
}

const ucum = 'http://unitsofmeasure.org';

/** Unit of a quantity (OBX-6, CQ.2): code and system only where the system is named; the text always. */
export function unitOf(
  [run, segment, field, rep, component, subcomponent]: Place,
  registry: CodeTable,
): FhirObject | undefined {
  const part = (n: number): string => partAt(segment, field, rep, component, subcomponent, n);
  const code = part(1);
  const unit = part(2) || code;
  if (unit === '') return undefined;
  const name = part(3);
  if (code === '' || name === '') return { unit };
  const system = systemOf(run, name, registry);
  return system === ucum && /\s/.test(code) ? { unit } : { unit, system, code };
}
