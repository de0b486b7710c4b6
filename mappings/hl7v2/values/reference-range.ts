import type { FhirObject } from '../../bundle/bundle.ts';
import { copyOf, keep } from '../../bundle/kept.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import { unitOf } from './coded.ts';
import { readNumber } from './number.ts';
import { exact } from './observation-readers.ts';
import { clean, type ValueType } from './value-type.ts';

const number = String.raw`([+-]?(?:\d+(?:\.\d*)?|\.\d+))`;
const between = new RegExp(`^[[(]?\\s*${number}\\s*(?:-|\u2013|\\.\\.\\.?|to)\\s*${number}\\s*(.*)$`);
const oneSided = new RegExp(`^(<=?|>=?|\u2264|\u2265)\\s*${number}\\s*(.*)$`);

/**
 * OBX-7 as Observation.referenceRange: the text always, and its limits where it is plainly a range of numbers (`3.5-5.0`, `<150`, `>= 60`) in the
 * unit of OBX-6 (HL7 v2.5.1 7.4.2.7). A limit that is not part of the range (`<150`) cannot be told from one that is, but by the text.
 */
export const referenceRange = (registry: CodeTable): ValueType => ({
  yields: ['Observation.referenceRange'],
  covers: 'all',
  compile: () => {
    // A laboratory has few ranges, and sends them with every result.
    const known = new Map<string, FhirObject>();
    return (run, segment, field, rep) => {
      const key = `${segment.raw(field, rep)}\r${segment.raw(6)}`;
      const before = run.canRemember ? known.get(key) : undefined;
      if (before !== undefined) return before;
      const text = clean(segment.value(field, rep));
      if (text === '' || text === '""') return undefined;
      const unit = unitOf([run, segment, 6, 1, 0, 0], registry);
      if (!run.canRemember || key.length > charsMax) return rangeOf(text, unit);
      if (known.size >= knownMax) known.clear();
      const range = keep(rangeOf(ownText(text), copyOf(unit)));
      known.set(ownText(key), range);
      return range;
    };
  },
});

const knownMax = 2_000;
const charsMax = 250;
/** A text cut out of a message holds the whole message in memory. */
const ownText = (text: string): string => copyOf([text])[0] as string;

function rangeOf(text: string, unit: FhirObject | undefined): FhirObject {
  const limits = limitsIn(text);
  // A range in words of its own (`3.5 - 5.0 adult`) is of other people than this one, or in another unit.
  if (limits === undefined || (limits.rest !== '' && limits.rest !== unit?.unit)) return { text };
  const range: FhirObject = {};
  if (limits.low !== undefined) range.low = exact(limits.low, unit);
  if (limits.high !== undefined) range.high = exact(limits.high, unit);
  range.text = text;
  return range;
}

interface Limits {
  readonly low?: string;
  readonly high?: string;
  readonly rest: string;
}

function limitsIn(text: string): Limits | undefined {
  const both = between.exec(text);
  if (both !== null) {
    const [low, high] = [digitsOf(both[1]!), digitsOf(both[2]!)];
    if (Number(low) > Number(high)) return undefined;
    return { low, high, rest: restOf(both[3]!) };
  }
  const one = oneSided.exec(text);
  if (one === null) return undefined;
  const isUpper = one[1]!.startsWith('<') || one[1] === '\u2264';
  const digits = digitsOf(one[2]!);
  return isUpper ? { high: digits, rest: restOf(one[3]!) } : { low: digits, rest: restOf(one[3]!) };
}

const restOf = (text: string): string => text.replace(/[\])]\s*$/, '').trim();
const digitsOf = (text: string): string => readNumber(text)?.digits ?? text;
