import { fieldOf, isObject, listOf, objectsIn, textOf, type UnknownObject } from './json-object.ts';

/**
 * An invariant that the FHIRPath evaluation of `@medplum/core` 4.5.2 misses or pays too much for: those of datatypes (FHIR R4
 * §2.24), which it does not read, and obs-7, whose `intersect` compares objects by identity there.
 */
export interface TypeRule {
  readonly key: string;
  readonly message: string;
  readonly holds: (value: UnknownObject) => boolean;
}

const has = (value: UnknownObject, name: string) => Object.hasOwn(value, name);
const implies = (value: UnknownObject, name: string, needed: string) =>
  !has(value, name) || has(value, needed) || has(value, `_${needed}`);

const codeNeedsSystem: TypeRule = {
  key: 'qty-3',
  message: 'a code for the unit needs its system',
  holds: (value) => implies(value, 'code', 'system'),
};

const needs = (key: string, name: string, needed: string): TypeRule => ({
  key,
  message: `${name} needs ${needed}`,
  holds: (value) => implies(value, name, needed),
});

export const typeRules: { readonly [type: string]: readonly TypeRule[] } = {
  Age: [codeNeedsSystem],
  Attachment: [needs('att-1', 'data', 'contentType')],
  ContactPoint: [needs('cpt-2', 'value', 'system')],
  Count: [codeNeedsSystem],
  Distance: [codeNeedsSystem],
  Duration: [codeNeedsSystem],
  Expression: [
    {
      key: 'exp-1',
      message: 'an expression or a reference must be provided',
      holds: (value) => has(value, 'expression') || has(value, 'reference'),
    },
  ],
  Extension: [
    {
      key: 'ext-1',
      message: 'an extension has either a value or extensions',
      holds: (value) =>
        has(value, 'extension') !== Object.keys(value).some((name) => /^_?value[A-Z]/.test(name)),
    },
  ],
  Narrative: [
    {
      key: 'txt-1',
      message: 'narrative may only hold basic formatting',
      holds: (value) => isPlainNarrative(value),
    },
  ],
  Observation: [
    {
      key: 'obs-7',
      message: 'value is not for a code that a component has',
      holds: (value) => isObs7(value),
    },
  ],
  Period: [{ key: 'per-1', message: 'start must not be after end', holds: (value) => isOrdered(value) }],
  Quantity: [codeNeedsSystem],
  Range: [{ key: 'rng-2', message: 'low must not be above high', holds: (value) => isRange(value) }],
  Ratio: [
    {
      key: 'rat-1',
      message: 'numerator and denominator go together',
      holds: (value) =>
        has(value, 'numerator') === has(value, 'denominator') &&
        (has(value, 'numerator') || has(value, 'extension')),
    },
  ],
  'Timing.repeat': [
    needs('tim-1', 'duration', 'durationUnit'),
    needs('tim-2', 'period', 'periodUnit'),
    needs('tim-6', 'periodMax', 'period'),
    needs('tim-7', 'durationMax', 'duration'),
    needs('tim-8', 'countMax', 'count'),
  ],
};

function isObs7(observation: UnknownObject): boolean {
  if (!Object.keys(observation).some((name) => /^value[A-Z]/.test(name))) return true;
  const codesOf = (object: UnknownObject) =>
    objectsIn(object, 'code').flatMap((concept) =>
      objectsIn(concept, 'coding').map((coding) => canonical(coding)),
    );
  const own = new Set(codesOf(observation));
  return !objectsIn(observation, 'component')
    .flatMap(codesOf)
    .some((code) => own.has(code));
}

function canonical(object: UnknownObject): string {
  return JSON.stringify(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Date-times of one precision and both with a zone compare as instants; else by the precision that both have. */
function isOrdered(period: UnknownObject): boolean {
  const [start, end] = [textOf(period, 'start'), textOf(period, 'end')];
  if (start === undefined || end === undefined) return true;
  if (start.includes('T') && end.includes('T')) return !(Date.parse(start) > Date.parse(end));
  const length = Math.min(start.length, end.length, 10);
  return start.slice(0, length) <= end.slice(0, length);
}

function isRange(range: UnknownObject): boolean {
  const [low, high] = [fieldOf(range, 'low'), fieldOf(range, 'high')];
  if (!isObject(low) || !isObject(high)) return true;
  if (textOf(low, 'code') !== textOf(high, 'code') || textOf(low, 'unit') !== textOf(high, 'unit'))
    return true;
  const [from, to] = [fieldOf(low, 'value'), fieldOf(high, 'value')];
  return typeof from !== 'number' || typeof to !== 'number' || from <= to;
}

const allowedTags = new Set(
  (
    'a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ' +
    'ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var'
  ).split(' '),
);
const tag = /<\s*\/?\s*([A-Za-z][A-Za-z0-9:-]*)([^<>]*)/g;
const hostileAttribute = /\bon[a-z]+\s*=|(?:javascript|vbscript)\s*:|expression\s*\(/i;

/** FHIR R4 §2.4.0: chapters 7 to 11 of HTML 4.0 without forms, scripts, objects, frames, event attributes. */
function isPlainNarrative(narrative: UnknownObject): boolean {
  for (const text of listOf(fieldOf(narrative, 'div'))) {
    if (typeof text !== 'string') continue;
    if (/<!(?!--)|<\?/.test(text)) return false;
    for (const [, name = '', attributes = ''] of text.matchAll(tag))
      if (!allowedTags.has(name.toLowerCase()) || hostileAttribute.test(attributes)) return false;
  }
  return true;
}
