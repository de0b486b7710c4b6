import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { WritableDataset } from '../../formats/dicom/index.ts';
import { isSafe } from './clean-text.ts';
import { itemsOf, textsOf } from './element-values.ts';
import { WordSearch } from './word-search.ts';

/** What names the patient or others in one object, wherever else in it the same words stand. */
export interface OwnIdentifiers {
  /** Whether a text holds one of them. A code string may be a word that is also a name (HEAD), another text may not. */
  isIn(text: string, vr: string): boolean;
  /** Whether bytes that should be numbers or a table hold one of them as text. Up to `limits.deidentifySweepBytesMax` are looked at. */
  isInBytes(bytes: Uint8Array): boolean;
  /** Whether an encoded frame of any size holds one of them as plain text. */
  isInStream(bytes: Uint8Array): boolean;
}

/** Attributes whose values are identifiers; all values of VR PN are too. */
const identifierTags: ReadonlySet<number> = new Set([
  0x00080050, 0x00080092, 0x00080094, 0x00100020, 0x00101000, 0x00101040, 0x00101090, 0x00102154, 0x00102155,
  0x00102299, 0x00120040, 0x00120042, 0x00200010, 0x00321032, 0x00380010, 0x00380060, 0x00380300, 0x00380400,
  0x00401001, 0x00401102, 0x00401103, 0x00402008, 0x00402010, 0x00402016, 0x00402017, 0x0040a353, 0x0040a354,
]);
const dateVrs: ReadonlySet<string> = new Set(['DA', 'DT']);
const nameCharsMin = 3;
const numberCharsMin = 5;
const wordCharsMin = 4;
/** A component of a name and an identifier have no more (PS3.5 6.2); what has is known by how it begins. */
const wordCharsMax = 64;
const patientGroup = 0x0010;
/** Words that de-identified and test objects have as names; they name nobody. */
const nobody = /^(anonymi[sz]ed|anonymous|removed|unknown|none|null|patient|test|phantom|dr|prof|mrs?|ms)$/i;

/**
 * Collects them from the original, those of the patient first.
 *
 * @param withDates also its dates, in the ways in which people write them
 * @throws BH_DICOM_LIMIT, it and what it gives, when there are more of them, or more to look through, than limits allow: a hostile object must not stop the
 * engine, and what was not looked through does not leave
 */
export function ownIdentifiers(dataset: WritableDataset, withDates: boolean): OwnIdentifiers {
  const found: Found = { words: new Set(), dates: new Set() };
  collect(new Map([...dataset].filter(([tag]) => tag >>> 16 === patientGroup)), found, withDates);
  collect(dataset, found, withDates);
  const words = [...found.words];
  if (words.length > limits.deidentifyIdentifiersMax)
    throw new BitHiveError('BH_DICOM_LIMIT', `${words.length} names and numbers in one object`);
  const search = new WordSearch(words);
  const spend = budget();
  return {
    isIn(text, vr) {
      spend(text.length);
      if (found.dates.size > 0 && datesIn(text).some((date) => found.dates.has(date))) return true;
      return search.isIn(text, vr === 'CS' ? countsInCode : counts);
    },
    ...bytesTests(words, spend),
  };
}

function budget(): (bytes: number) => void {
  let left: number = limits.deidentifySweepTotalBytesMax;
  return (bytes) => {
    left -= bytes;
    if (left < 0)
      throw new BitHiveError('BH_DICOM_LIMIT', 'the object has more text than is looked through for names');
  };
}

/** Chance does not write words of six letters into a table. */
const hiddenCharsMin = 6;

function bytesTests(
  words: readonly string[],
  spend: (bytes: number) => void,
): Pick<OwnIdentifiers, 'isInBytes' | 'isInStream'> {
  const long = words.filter((word) => word.length >= hiddenCharsMin);
  const search = new WordSearch(long.flatMap(formsOf));
  const isInStream = (bytes: Uint8Array): boolean =>
    long.length > 0 &&
    search.isIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
  const isInBytes = (bytes: Uint8Array): boolean => {
    if (bytes.length < hiddenCharsMin || bytes.length > limits.deidentifySweepBytesMax) return false;
    spend(bytes.length);
    return isInStream(bytes);
  };
  return { isInBytes, isInStream };
}

/** How a word may stand in bytes, each byte as one letter. */
function formsOf(word: string): readonly string[] {
  const utf16 = Buffer.from(word, 'utf16le');
  const forms = [Buffer.from(word, 'utf8'), utf16, Buffer.from(utf16).swap16()];
  if (!/[^\x00-\xff]/.test(word)) forms.push(Buffer.from(word, 'latin1'));
  return [...new Set(forms.map((form) => form.toString('latin1')))];
}

const letter = /\p{L}/u;
const shortLatin = /^\p{Script=Latin}{1,5}$/u;

/** A short word of letters must stand alone: Lee is not in sleeve. Others are found inside of words too. */
function counts(text: string, start: number, end: number, word: string): boolean {
  return !shortLatin.test(word) || !(letter.test(text[start - 1] ?? '') || letter.test(text[end] ?? ''));
}

/** A code may be a word that is also a name. */
function countsInCode(text: string, start: number, end: number, word: string): boolean {
  return !isSafe(word) && counts(text, start, end, word);
}

interface Found {
  readonly words: Set<string>;
  readonly dates: Set<string>;
}

/** Everything in a text that is written like a date; overlapping ones too. */
function datesIn(text: string): readonly string[] {
  return [...text.matchAll(/(?=(\d{8}|\d{4}([-./])\d\d\2\d\d|\d\d([-./])\d\d\3\d{4}))/g)].map(
    ([, date = '']) => date,
  );
}

function collect(dataset: WritableDataset, found: Found, withDates: boolean): void {
  const { words, dates } = found;
  for (const [tag, element] of dataset) {
    if (element.vr === 'SQ') for (const item of itemsOf(element)) collect(item, found, withDates);
    else if (element.vr === 'PN') for (const text of textsOf(element)) addName(text, words);
    else if (identifierTags.has(tag)) for (const text of textsOf(element)) addIdentifier(text, words);
    else if (dateVrs.has(element.vr) && (withDates || tag === 0x00100030))
      for (const text of textsOf(element)) addDate(text, dates);
  }
}

function addName(text: string, words: Set<string>): void {
  for (const part of text.split(/[\^=\s,;.()_-]+/)) {
    const isWide = /[^\x00-\u024f]/.test(part);
    if ((part.length >= nameCharsMin || (isWide && part.length > 0)) && !nobody.test(part))
      words.add(part.slice(0, wordCharsMax));
  }
}

function addIdentifier(text: string, words: Set<string>): void {
  const charsMin = /^\d+$/.test(text) ? numberCharsMin : wordCharsMin;
  if (text.length >= charsMin && !nobody.test(text)) words.add(text.slice(0, wordCharsMax));
}

function addDate(text: string, dates: Set<string>): void {
  const [, year, month, day] = /^(\d{4})\.?(\d\d)\.?(\d\d)/.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return;
  dates.add(`${year}${month}${day}`);
  for (const dash of ['-', '.', '/']) {
    dates.add([year, month, day].join(dash));
    dates.add([day, month, year].join(dash));
    dates.add([month, day, year].join(dash));
  }
}
