import type { FhirValue } from '../../bundle/bundle.ts';
import { keep } from '../../bundle/kept.ts';
import type { KeptEntry, Run } from '../run.ts';
import type { Convert } from './value-type.ts';

/** What one text of an element gives: its value, and the resources that it refers to. */
interface Remembered {
  readonly value: FhirValue | undefined;
  readonly entries: readonly KeptEntry[];
  /** Of the message that it was read in: times without one took it. */
  readonly offset: string | undefined;
}

/** Each generation of answers; the older one is dropped when the younger one is full. */
const answersMax = 2_000;
/** Longer texts are prose, which does not come again. */
const charsMax = 250;

/**
 * A converter that remembers its answers by the text of the element. For converters that read nothing but this element, the site and the
 * message's offset: a hospital has few wards, physicians and codes, and names them in every message, and a patient's messages come in
 * bursts. Answers that raised an issue are given anew, because an issue names the place.
 */
export function remembered(convert: Convert): Convert {
  let young = new Map<string, Remembered>();
  let old = new Map<string, Remembered>();
  const keepAnswer = (text: string, answer: Remembered): void => {
    if (young.size >= answersMax) {
      old = young;
      young = new Map();
    }
    young.set(text, answer);
  };
  const find = (text: string): Remembered | undefined => {
    const found = young.get(text);
    if (found !== undefined) return found;
    const before = old.get(text);
    if (before !== undefined) keepAnswer(text, before);
    return before;
  };
  return (run, segment, field, rep, component, subcomponent) => {
    const text = component === 0 && run.canRemember ? segment.raw(field, rep) : '';
    if (text === '' || text.length > charsMax || text.includes('\\'))
      return convert(run, segment, field, rep, component, subcomponent);
    const known = find(text);
    if (known !== undefined && known.offset === run.messageOffset) {
      for (const entry of known.entries) run.addKept(entry);
      return known.value;
    }
    const { answer, isClean } = observed(run, () =>
      convert(run, segment, field, rep, component, subcomponent),
    );
    if (isClean) keepAnswer(text, answer);
    return answer.value;
  };
}

function observed(
  run: Run,
  read: () => FhirValue | undefined,
): { readonly answer: Remembered; readonly isClean: boolean } {
  const issuesBefore = run.issuesRaised;
  const follow = run.followAdded();
  const value = read();
  const added = follow();
  const isClean = run.issuesRaised === issuesBefore && run.original === undefined;
  return {
    answer: {
      value: isClean ? keep(value) : value,
      entries: isClean ? added.map(run.keepEntry) : [],
      offset: run.messageOffset,
    },
    isClean,
  };
}
