import { BitHiveError } from '../../../core/errors.ts';

/** Whether the value of an attribute is one that was asked for; '' where the instance does not have it. */
export type TextMatch = (value: string) => boolean;

/** A list of values, one of which it must be (PS3.18 8.3.4.1: comma; PS3.4 C.2.2.2.2: backslash). */
export function listOf(text: string): TextMatch {
  const wanted = new Set(text.split(/[,\\]/).map((part) => part.trim()));
  return (value) => wanted.has(value);
}

/**
 * Single value or wildcards `*` and `?` (PS3.4 C.2.2.2.4), whatever the case. A name that is asked for whole matches up to the carets and
 * groups that stand behind it. Not by a regular expression: the pattern is a stranger's, and must not take more than its length times the value's.
 */
export function wildcard(text: string): TextMatch {
  const pattern = fold(text.trim());
  if (!/[*?]/.test(pattern)) return (value) => fold(trimName(value)) === fold(trimName(text.trim()));
  return (value) => matches(pattern, fold(value));
}

const fold = (text: string): string => text.normalize('NFC').toLowerCase();

function trimName(value: string): string {
  let end = value.length;
  while (value[end - 1] === '^' || value[end - 1] === '=' || value[end - 1] === ' ') end -= 1;
  return value.slice(0, end);
}

/** The classic two pointers: on a mismatch the last star takes one character more. */
function matches(pattern: string, value: string): boolean {
  let p = 0;
  let v = 0;
  let star = -1;
  let resume = 0;
  while (v < value.length) {
    if (pattern[p] === '*') {
      star = p;
      p += 1;
      resume = v;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === value[v])) {
      p += 1;
      v += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      v = resume;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** A day, or a range whose ends may be open and belong to it (PS3.4 C.2.2.2.5). Throws BH_HTTP_INPUT. */
export function dateRange(text: string): TextMatch {
  const found = /^(\d{8})?(-)?(\d{8})?$/.exec(text.trim());
  const [, from = '', dash, to = ''] = found ?? [];
  if (found === null || (from === '' && to === ''))
    throw new BitHiveError(
      'BH_HTTP_INPUT',
      'a date: expected YYYYMMDD, YYYYMMDD-, -YYYYMMDD or YYYYMMDD-YYYYMMDD',
    );
  if (dash === undefined) return (value) => value === from;
  return (value) => value !== '' && (from === '' || value >= from) && (to === '' || value <= to);
}
