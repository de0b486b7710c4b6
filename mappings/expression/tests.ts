/**
 * A compiled condition. `explain` says of each test that decided what it asks and what was found: why the condition holds, or
 * why it does not. It shows values, so it is for whoever may see the subject.
 */
export interface Condition<S> {
  readonly holds: (subject: S) => boolean;
  readonly explain: (subject: S) => string;
}

export type ReadValues<S> = (subject: S) => readonly string[];

/** HL7's null is no value. */
export const isValued = (value: string): boolean => value !== '' && value !== '""';

/** How many values an explanation shows. */
const shownMax = 5;

function shown(values: readonly string[]): string {
  const some = [...new Set(values)].filter((value) => value !== '');
  if (some.length === 0) return 'nothing';
  const rest = some.length > shownMax ? ` and ${some.length - shownMax} more` : '';
  return `${some.slice(0, shownMax).join(', ')}${rest}`;
}

/** A test of the values at one path, in the words of its source. */
export function valueTest<S>(
  text: string,
  read: ReadValues<S>,
  holds: (values: readonly string[]) => boolean,
): Condition<S> {
  return {
    holds: (subject) => holds(read(subject)),
    explain: (subject) => `${text}: found ${shown(read(subject))}`,
  };
}

export function oneOf(values: readonly string[]): (found: readonly string[]) => boolean {
  const wanted = new Set(values);
  return (found) => {
    for (let at = 0; at < found.length; at++) if (wanted.has(found[at] as string)) return true;
    return false;
  };
}

export const comparisons: { readonly [sign: string]: (left: number, right: number) => boolean } = {
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

/** Holds when any value is a number that compares so. */
export function anyNumber(sign: string, right: number): (found: readonly string[]) => boolean {
  const compare = comparisons[sign] as (left: number, right: number) => boolean;
  return (found) =>
    found.some((value) => {
      const number = value.trim() === '' ? Number.NaN : Number(value);
      return Number.isFinite(number) && compare(number, right);
    });
}

export function anyContains(part: string): (found: readonly string[]) => boolean {
  const wanted = part.toLowerCase();
  return (found) => found.some((value) => value.toLowerCase().includes(wanted));
}

/** Wildcards as DICOM has them (PS3.4 C.2.2.2.4): `*` for any run of characters, `?` for one; the whole value must match, in any case. */
export function anyMatches(pattern: string): (found: readonly string[]) => boolean {
  const wanted = pattern.toLowerCase();
  return (found) => found.some((value) => isLike(value.toLowerCase(), wanted));
}

/** Goes back to the last `*` only, so that no pattern takes longer than its length times that of the value. */
function isLike(value: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let starAt = 0;
  while (at < value.length) {
    const sign = pattern[next];
    if (sign === '*') {
      star = next++;
      starAt = at;
    } else if (sign === '?' || (sign !== undefined && sign === value[at])) {
      at++;
      next++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (pattern[next] === '*') next++;
  return next === pattern.length;
}

export function notOf<S>(inner: Condition<S>): Condition<S> {
  return {
    holds: (subject) => !inner.holds(subject),
    explain: (subject) => `not (${inner.explain(subject)})`,
  };
}

/** Of `and` the tests that do not hold decide; of `or` those that do. */
export function joined<S>(word: 'and' | 'or', tests: readonly Condition<S>[]): Condition<S> {
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return only;
  const holds: Condition<S>['holds'] =
    word === 'or'
      ? (subject) => tests.some((test) => test.holds(subject))
      : (subject) => tests.every((test) => test.holds(subject));
  return {
    holds,
    explain(subject) {
      const deciding = tests.filter((test) => test.holds(subject) === (word === 'or'));
      return (deciding.length > 0 ? deciding : tests).map((test) => test.explain(subject)).join('; ');
    },
  };
}

/** `count(series where …) >= 2`: members of a group of the subject, each judged alone. */
export function countTest<S>(
  text: string,
  members: (subject: S) => readonly S[],
  where: Condition<S> | null,
  sign: string,
  right: number,
): Condition<S> {
  const compare = comparisons[sign] as (left: number, right: number) => boolean;
  const count = (subject: S): number => {
    const all = members(subject);
    return where === null ? all.length : all.filter((member) => where.holds(member)).length;
  };
  return {
    holds: (subject) => compare(count(subject), right),
    explain: (subject) => `${text}: counted ${count(subject)} of ${members(subject).length}`,
  };
}
