import { elementOf } from '../../../formats/fhir/index.ts';
import { type FhirObject, type FhirValue, isObject } from '../../bundle/bundle.ts';
import { isReversed, reversed } from '../values/period.ts';

/** One name of an output path: a plain element, the first of a list (`[0]`), or a new one of it (`[+]`). */
interface Step {
  readonly name: string;
  readonly mode: 'one' | 'first' | 'append';
}

/** A row's `to`, checked against FHIR R4 when the map is loaded. */
export interface OutputPath {
  /** Datatypes that the element takes. */
  readonly types: readonly string[];
  /** Has a `[+]`: every repetition of the source goes in. Otherwise only the first, and only where nothing is yet. */
  readonly isAppending: boolean;
  /** `value[x]`: the converter names the element. */
  readonly isChoice: boolean;
  /** Ends in `[+]`: fixed values go into the value itself. */
  readonly fillsValue: boolean;
  isSet(target: FhirObject): boolean;
  /** For the start or end of a Period: why a value cannot stand beside what is there. */
  readonly conflictOf?: (target: FhirObject, value: FhirValue) => string | undefined;
  /** Puts a value in; `fixed` fills the gaps of the object that holds it, or of the value itself after `[+]`. */
  put(
    target: FhirObject,
    value: FhirValue,
    fixed: FhirObject | undefined,
    original: FhirObject | undefined,
  ): void;
  /** Fails where `fixed` names what R4 does not have in the object that `put` fills with it. */
  checkFixed(fixed: object | undefined, fail: (why: string) => never): void;
  /** Path of what `put` wrote last, for explanations. */
  describe(target: FhirObject): string;
}

/** Throws a plain text when the path is none of `type` in R4, or a list mark is missing or too many. */
export function compileOutputPath(type: string, text: string, fail: (why: string) => never): OutputPath {
  const steps = text.split('.').map((part): Step => {
    const match = /^(_?[A-Za-z]+(?:\[x\])?)(\[\+\]|\[0\])?$/.exec(part);
    if (match === null) fail(`cannot read ${JSON.stringify(part)} in path ${text}`);
    return { name: match[1]!, mode: match[2] === '[+]' ? 'append' : match[2] === '[0]' ? 'first' : 'one' };
  });
  const types = checkSteps(type, steps, text, fail);
  const last = steps[steps.length - 1] as Step;
  const isPlain = steps.length === 1 && last.mode === 'one';
  const conflictOf = conflictIn(type, steps);
  return {
    types,
    ...(conflictOf === undefined ? {} : { conflictOf }),
    isAppending: steps.some((step) => step.mode === 'append'),
    isChoice: last.name.endsWith('[x]'),
    fillsValue: last.mode === 'append',
    isSet: isPlain
      ? (target) => target[last.name] !== undefined
      : (target) => read(target, steps) !== undefined,
    put: isPlain ? putPlain(last.name) : putDeep(steps),
    checkFixed: (fixed, failed) =>
      checkFixed(type, last.mode === 'append' ? steps : steps.slice(0, -1), fixed, failed),
    describe: (target) => describe(target, steps),
  };
}

function checkFixed(
  type: string,
  holder: readonly Step[],
  fixed: object | undefined,
  fail: (why: string) => never,
): void {
  const [root = '', ...inner] = type.split('.');
  const way = [...inner, ...holder.map((step) => step.name)];
  // What an extension of a primitive holds is not asked.
  if (way.some((name) => name.startsWith('_'))) return;
  for (const name of Object.keys(fixed ?? {})) {
    const path = [...way, name.replace(/^_/, '')].join('.');
    if (elementOf(root, path) === undefined) fail(`with: FHIR R4 has no ${root}.${path}`);
  }
}

function checkSteps(
  type: string,
  steps: readonly Step[],
  text: string,
  fail: (why: string) => never,
): readonly string[] {
  const [root = '', ...inner] = type.split('.');
  let types: readonly string[] = [];
  let before = inner;
  for (const [index, step] of steps.entries()) {
    const isShadow = step.name.startsWith('_');
    const name = isShadow ? step.name.slice(1) : step.name;
    const facts = elementOf(root, [...before, name].join('.'));
    if (facts === undefined) fail(`FHIR R4 has no ${type}.${text} (at ${name})`);
    const isMarked = step.mode !== 'one';
    if (facts.isList !== isMarked)
      fail(facts.isList ? `${name} is a list: write ${name}[+] or ${name}[0]` : `${name} is not a list`);
    if (isShadow) return checkSteps('Element', steps.slice(index + 1), text, fail);
    types = facts.types;
    before = [...before, name];
  }
  return types;
}

function read(target: FhirObject, steps: readonly Step[]): FhirValue | undefined {
  let at: FhirValue | undefined = target;
  for (const step of steps) {
    if (!isObject(at)) return undefined;
    at = at[step.name];
    if (step.mode !== 'one' && Array.isArray(at)) at = step.mode === 'first' ? at[0] : at[at.length - 1];
  }
  return at;
}

const putPlain =
  (name: string): OutputPath['put'] =>
  (target, value, fixed, original) => {
    if (target[name] !== undefined) return;
    target[name] = value;
    if (original !== undefined) target[`_${name}`] = original;
    if (fixed !== undefined) fill(target, fixed);
  };

const putDeep = (steps: readonly Step[]): OutputPath['put'] => {
  const way = steps.slice(0, -1);
  const { name, mode } = steps[steps.length - 1] as Step;
  return (target, value, fixed, original) => {
    let at = target;
    for (let index = 0; index < way.length; index++) at = descend(at, way[index]!);
    if (mode === 'append') {
      if (isRepeated(at[name], value)) return;
      const own = fixed !== undefined && isObject(value) ? ownCopy(value) : value;
      append(at, name, own);
      if (fixed !== undefined) fill(isObject(own) ? own : at, fixed);
      return;
    }
    if (mode === 'first') {
      if (isEmptyList(at[name])) at[name] = [value];
    } else if (at[name] === undefined) {
      at[name] = value;
      if (original !== undefined) at[`_${name}`] = original;
    }
    if (fixed !== undefined) fill(at, fixed);
  };
};

function descend(at: FhirObject, { name, mode }: Step): FhirObject {
  const inner = at[name];
  if (mode === 'one') {
    const made: FhirObject = isObject(inner) ? ownCopy(inner) : {};
    if (made !== inner) at[name] = made;
    return made;
  }
  const first = mode === 'first' && Array.isArray(inner) ? inner[0] : undefined;
  const made: FhirObject = isObject(first) ? ownCopy(first) : {};
  if (!isObject(first)) append(at, name, made);
  else if (made !== first) ownList(at, name, inner as FhirValue[])[0] = made;
  return made;
}

/** A list that is made with its first value is a third of one that is made empty and grows. */
function append(at: FhirObject, name: string, value: FhirValue): void {
  const list = at[name];
  if (Array.isArray(list)) ownList(at, name, list).push(value);
  else at[name] = [value];
}

function ownList(at: FhirObject, name: string, list: FhirValue[]): FhirValue[] {
  if (!Object.isFrozen(list)) return list;
  const own = [...list];
  at[name] = own;
  return own;
}

const isEmptyList = (list: FhirValue | undefined): boolean => !Array.isArray(list) || list.length === 0;

/** Kept values are shared by messages: who writes into one writes into a copy. */
const ownCopy = (value: FhirObject): FhirObject => (Object.isFrozen(value) ? { ...value } : value);

/** The same identifier from two fields (ORC-2 and OBR-2) is one identifier; so is the same coding (FT1-7 and FT1-25). */
function isRepeated(list: FhirValue | undefined, value: FhirValue): boolean {
  if (!Array.isArray(list) || !isObject(value)) return false;
  const { system, value: own, code } = value;
  if (system === undefined) return false;
  if (own === undefined && typeof code === 'string')
    return list.some((one) => isObject(one) && one.code === code && one.system === system);
  if (typeof own !== 'string') return false;
  if (list.length > scannedListMax) return isKnown(list, `${system}|${own}`);
  for (const one of list) if (isObject(one) && one.value === own && one.system === system) return true;
  return false;
}

const scannedListMax = 16;
/** What long lists hold, so that a field of thousands of repetitions is not compared with itself. Counts what of the list was seen. */
const knownIn = new WeakMap<FhirValue[], { readonly keys: Set<string>; seen: number }>();

function isKnown(list: FhirValue[], key: string): boolean {
  const known = knownIn.get(list) ?? { keys: new Set(), seen: 0 };
  if (known.seen === 0) knownIn.set(list, known);
  for (; known.seen < list.length; known.seen++) {
    const one = list[known.seen];
    if (isObject(one)) known.keys.add(`${one.system}|${one.value}`);
  }
  return known.keys.has(key);
}

/** The start and the end of a Period are rows of their own; R4 (per-1) refuses one that ends before it starts. */
function conflictIn(type: string, steps: readonly Step[]): OutputPath['conflictOf'] {
  const { name } = steps[steps.length - 1] as Step;
  if (name !== 'start' && name !== 'end') return undefined;
  const way = steps.slice(0, -1);
  const [root = '', ...inner] = type.split('.');
  const names = [...inner, ...way.map((step) => step.name)];
  const holds = names.length === 0 ? [root] : elementOf(root, names.join('.'))?.types;
  if (holds?.[0] !== 'Period') return undefined;
  return (target, value) => {
    const period = read(target, way);
    if (!isObject(period) || typeof value !== 'string') return undefined;
    const other = name === 'start' ? period.end : period.start;
    if (typeof other !== 'string') return undefined;
    return (name === 'start' ? isReversed(value, other) : isReversed(other, value)) ? reversed : undefined;
  };
}

/** Sets what is missing. */
export function fill(target: FhirObject, fixed: FhirObject): void {
  for (const name in fixed) if (target[name] === undefined) target[name] = fixed[name] as FhirValue;
}

function describe(target: FhirObject, steps: readonly Step[]): string {
  let at: FhirValue | undefined = target;
  return steps
    .map(({ name, mode }) => {
      const inner: FhirValue | undefined = isObject(at) ? at[name] : undefined;
      if (mode === 'one' || !Array.isArray(inner)) {
        at = inner;
        return name;
      }
      const index = mode === 'first' ? 0 : inner.length - 1;
      at = inner[index];
      return `${name}[${index}]`;
    })
    .join('.');
}
