import { requiredValueSets } from './element-tables.ts';
import { isObject, listOf, textOf, type UnknownObject } from './json-object.ts';

interface CodeSet {
  /** Codes of all systems, for elements of type `code`, whose system the element implies. */
  readonly codes: ReadonlySet<string>;
  /** `system|code`. */
  readonly pairs: ReadonlySet<string>;
}

const sets = new Map<string, CodeSet>();

/** Sets that a list cannot say, by the form of their codes: BCP 13 media types, ISO 4217. UCUM and others are not judged. */
const forms: { readonly [valueSet: string]: RegExp } = {
  'http://hl7.org/fhir/ValueSet/mimetypes': /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+(?:\s*;.*)?$/,
  'http://hl7.org/fhir/ValueSet/currencies': /^[A-Z]{3}$/,
};

/** Whether a value of type code, string, uri, Coding or CodeableConcept satisfies a required binding (FHIR R4 §4.1.5.1). */
export function isInRequiredSet(valueSet: string, type: string, value: unknown): boolean {
  if (typeof value === 'string') return isCodeIn(valueSet, value);
  if (!isObject(value)) return true;
  if (type === 'Coding') return isCodingIn(valueSet, value);
  if (type !== 'CodeableConcept') return true;
  return listOf(value.coding).some((coding) => isObject(coding) && isCodingIn(valueSet, coding));
}

function isCodeIn(valueSet: string, code: string): boolean {
  const form = forms[valueSet];
  if (form) return form.test(code);
  return setOf(valueSet)?.codes.has(code) ?? true;
}

function isCodingIn(valueSet: string, coding: UnknownObject): boolean {
  const set = setOf(valueSet);
  return set === undefined || set.pairs.has(`${textOf(coding, 'system')}|${textOf(coding, 'code')}`);
}

function setOf(valueSet: string): CodeSet | undefined {
  const known = sets.get(valueSet);
  if (known) return known;
  const { expansions } = requiredValueSets();
  const expansion = Object.hasOwn(expansions, valueSet) ? expansions[valueSet] : undefined;
  if (expansion === undefined) return undefined;
  const systems = Object.entries(expansion);
  const set = {
    codes: new Set(systems.flatMap(([, codes]) => codes)),
    pairs: new Set(systems.flatMap(([system, codes]) => codes.map((code) => `${system}|${code}`))),
  };
  sets.set(valueSet, set);
  return set;
}
