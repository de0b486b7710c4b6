import type { FhirObject } from '../../bundle/bundle.ts';
import { universalUri } from '../../identity/systems.ts';
import { pathOf, type Run } from '../run.ts';
import { type DateTimeReading, readDate, readDateTime, readTimeOfDay } from './date-time.ts';
import {
  type Convert,
  clean,
  codeText,
  partAt,
  type RowOptions,
  textAt,
  type ValueType,
} from './value-type.ts';

type Place = Parameters<Convert>;

const leaf = (yields: readonly string[], compile: (options: RowOptions) => Convert): ValueType => ({
  yields,
  covers: 'leaf',
  isSelfContained: true,
  compile,
});

/** Text of a leaf, turned by a function that answers undefined when it is not right. */
const fromText = (
  yields: readonly string[],
  what: string,
  read: (text: string) => string | number | boolean | undefined,
) =>
  leaf(yields, () => (run, segment, field, rep, component, subcomponent) => {
    const text = textAt(segment, field, rep, component, subcomponent);
    if (text === '') return undefined;
    const value = read(text);
    if (value === undefined)
      run.issue(
        'warning',
        'value',
        pathOf(run, segment, field, rep, component, subcomponent),
        `not ${what}: ${shown(text)}`,
      );
    return value;
  });

const dateLike = (yields: string, read: (run: Run, text: string) => DateTimeReading): ValueType => ({
  yields: [yields],
  covers: 'leaf',
  isSelfContained: true,
  compile: () => (run, segment, field, rep, component, subcomponent) => {
    const text = textAt(segment, field, rep, component, subcomponent);
    if (text === '') return undefined;
    const reading = read(run, text);
    if (reading.fault !== undefined) {
      const kept = reading.text === undefined ? 'dropped' : `kept as ${reading.text}`;
      run.issue(
        'warning',
        'value',
        pathOf(run, segment, field, rep, component, subcomponent),
        `${shown(text)}: ${reading.fault}; ${kept}`,
      );
    }
    return reading.text;
  },
});

export const primitives: { readonly [as: string]: ValueType } = {
  string: fromText(['string', 'markdown'], 'text', (text) => text),
  /** Prose: a separator in it (`Meier & Son`) is text that its sender did not escape. */
  text: {
    yields: ['string', 'markdown'],
    covers: 'all',
    isSelfContained: true,
    compile: () => (_run, segment, field, rep, component, subcomponent) => {
      const whole = segment.value(field, rep, component || undefined, subcomponent || undefined);
      return whole === '""' ? undefined : clean(whole) || undefined;
    },
  },
  'ID>code': fromText(['code'], 'a code', codeText),
  'ID>id': leaf(['id'], () => (run, ...place) => {
    const text = textAt(...place);
    if (/^[A-Za-z0-9\-.]{1,64}$/.test(text)) return text;
    const id = text.replace(/[^A-Za-z0-9\-.]/g, '-').slice(0, 64);
    if (id !== '')
      run.issue('information', 'value', pathOf(run, ...place), `${shown(text)} is written as ${id}`);
    return id === '' ? undefined : id;
  }),
  uri: fromText(['uri', 'url'], 'a URI', (text) => (/\s/.test(text) ? undefined : text)),
  integer: fromText(['integer'], 'an integer', (text) => whole(text, -2147483648)),
  unsignedInt: fromText(['unsignedInt'], 'a count', (text) => whole(text, 0)),
  positiveInt: fromText(['positiveInt'], 'a positive integer', (text) => whole(text, 1)),
  time: fromText(['time'], 'a time of day', (text) => readTimeOfDay(text) ?? undefined),
  boolean: fromText(['boolean'], 'Y or N (table 0136)', readYesNo),
  'DTM>dateTime': dateLike('dateTime', (run, text) =>
    readDateTime(text, run.messageOffset, run.site.settings.zone),
  ),
  'DTM>instant': dateLike('instant', (run, text) => {
    const reading = readDateTime(text, run.messageOffset, run.site.settings.zone);
    if (reading.precision === 'time') return reading;
    return { precision: 'none', fault: reading.fault ?? 'an instant needs a time' };
  }),
  /** A dateTime where a time was sent, and nothing where only a day was: what stands beside a date. */
  'DTM>timed': dateLike('dateTime', (run, text) => {
    const reading = readDateTime(text, run.messageOffset, run.site.settings.zone);
    return reading.precision === 'time' ? reading : { precision: 'none' };
  }),
  'DTM>date': dateLike('date', (_run, text) => readDate(text)),
  code: { yields: ['code'], covers: 'leaf', needsTable: true, isSelfContained: true, compile: requiredCode },
  'HD>uri': {
    yields: ['uri'],
    covers: [undefined, 'leaf', 'leaf', 'leaf'],
    isSelfContained: true,
    compile:
      ({ space }) =>
      (...place) =>
        hdSystem(place, space),
  },
  'HD>url': {
    yields: ['url', 'uri'],
    covers: [undefined, 'leaf', 'leaf', 'leaf'],
    isSelfContained: true,
    compile:
      ({ space }) =>
      (...place) =>
        hdEndpoint(place, space),
  },
};

export const shown = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

function readYesNo(text: string): boolean | undefined {
  const letter = text.toUpperCase();
  if (letter === 'Y' || letter === 'YES' || letter === 'TRUE') return true;
  return letter === 'N' || letter === 'NO' || letter === 'FALSE' ? false : undefined;
}

function whole(text: string, least: number): number | undefined {
  const value = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= 2147483647 ? value : undefined;
}

const alternateCodes = 'http://hl7.org/fhir/StructureDefinition/alternate-codes';

/** The extension that keeps what a table had no exact answer for. */
export function originalCode(code: string, system: string | undefined): FhirObject {
  const coding: FhirObject =
    system === undefined ? { code: codeText(code) } : { system, code: codeText(code) };
  return { extension: [{ url: alternateCodes, valueCodeableConcept: { coding: [coding] } }] };
}

/** A code of a required binding: the table's answer, else the row's fallback with the original kept, else nothing and an issue. */
function requiredCode({ table, fallback, codes, keepSource }: RowOptions): Convert {
  return (run, segment, field, rep, component, subcomponent) => {
    const text = textAt(segment, field, rep, component, subcomponent);
    if (text === '') return undefined;
    const row = table?.find(text);
    if (row === undefined) {
      const then = fallback === undefined ? 'left out' : `replaced by ${fallback}`;
      run.issue(
        'warning',
        'code-invalid',
        pathOf(run, segment, field, rep, component, subcomponent),
        `${shown(text)} is not in ${table?.name}; ${then}`,
      );
      if (fallback !== undefined) run.original = originalCode(text, codes);
      return fallback;
    }
    if (keepSource && row.equivalence !== 'equivalent') run.original = originalCode(text, codes);
    return row.target;
  };
}

/** System of an assigner: HD as a field, a component or, flattened, its first subcomponent. */
function hdSystem(
  [run, segment, field, rep, component, subcomponent]: Place,
  space: string,
): string | undefined {
  const namespaceId = partAt(segment, field, rep, component, subcomponent, 1);
  const universalId = partAt(segment, field, rep, component, subcomponent, 2);
  if (namespaceId === '' && universalId === '') return undefined;
  const universalIdType = partAt(segment, field, rep, component, subcomponent, 3);
  return run.site.systems.of({ namespaceId, universalId, universalIdType }, space);
}

function hdEndpoint(
  [run, segment, field, rep, component, subcomponent]: Place,
  space: string,
): string | undefined {
  const name = partAt(segment, field, rep, component, subcomponent, 1);
  const universalId = partAt(segment, field, rep, component, subcomponent, 2);
  if (name === '' && universalId === '') return undefined;
  const uri = universalUri(universalId, partAt(segment, field, rep, component, subcomponent, 3));
  return uri ?? run.site.systems.local(`${space}/${encodeURIComponent(name === '' ? universalId : name)}`);
}
