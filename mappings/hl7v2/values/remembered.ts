import type { FhirValue } from '../../bundle/bundle.ts';
import { copyOf, keep } from '../../bundle/kept.ts';
import type { KeptEntry } from '../run.ts';
import type { Convert } from './value-type.ts';

/** What one text of an element gives: its value, and the resources that it refers to. */
interface Answer {
  readonly value: FhirValue | undefined;
  readonly entries: readonly KeptEntry[];
  /** Of the message that it was read in: times without one took it. */
  readonly offset: string | undefined;
}

/** Longer texts are prose, which does not come again. */
const charsMax = 250;

/**
 * A converter that remembers its answers by the text of the element. For converters that read nothing but this element, the site and the
 * message's offset: a hospital has few wards, physicians and codes, and names them in every message, and a patient's messages come in
 * bursts. Answers that raised an issue are given anew, because an issue names the place.
 */
export function remembered(convert: Convert): Convert {
  const answers = new RecentAnswers();
  const seen = new SeenTexts();
  return (run, segment, field, rep, component, subcomponent) => {
    const text = component === 0 && run.canRemember ? segment.raw(field, rep) : '';
    if (text === '' || text.length > charsMax || text.includes('\\'))
      return convert(run, segment, field, rep, component, subcomponent);
    const known = answers.find(text);
    if (known !== undefined && known.offset === run.messageOffset) {
      for (const entry of known.entries) run.addKept(entry);
      return known.value;
    }
    if (!seen.isAgain(text)) return convert(run, segment, field, rep, component, subcomponent);
    const issuesBefore = run.issuesRaised;
    const follow = run.followAdded();
    const value = convert(run, segment, field, rep, component, subcomponent);
    const added = follow();
    if (run.issuesRaised === issuesBefore && run.original === undefined) {
      const offset = run.messageOffset;
      answers.add(copyOf(text), {
        value: keep(copyOf(value)),
        entries: added.map((one) => run.keptEntry(one)),
        offset,
      });
    }
    return value;
  };
}

/** Each generation of answers; the older one is dropped when the younger one is full. */
const answersMax = 1_000;

class RecentAnswers {
  #young = new Map<string, Answer>();
  #old = new Map<string, Answer>();

  find(text: string): Answer | undefined {
    const found = this.#young.get(text);
    if (found !== undefined) return found;
    const before = this.#old.get(text);
    if (before !== undefined) this.add(text, before);
    return before;
  }

  add(text: string, answer: Answer): void {
    if (this.#young.size >= answersMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, answer);
  }
}

const slots = 1_024;

/**
 * Whether a text was read lately. What is read once (the number of a new patient) must cost nothing but this look. Two texts of one hash
 * are taken for one: then a text is remembered at its first reading, which does no harm.
 */
class SeenTexts {
  readonly #hashes = new Int32Array(slots);

  isAgain(text: string): boolean {
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    const slot = (hash ^ (hash >>> 16)) & (slots - 1);
    if (this.#hashes[slot] === hash) return true;
    this.#hashes[slot] = hash;
    return false;
  }
}
