import { readFileSync } from 'node:fs';

/** Words that tell of a procedure, a body part or a technique and of nobody. */
const safeWords: ReadonlySet<string> = readWords();

const number =
  /^[+-]?\d{1,3}(?:[.,]\d{1,2})?(?:mm|cm|ml|mg|ms|s|sec|min|kv|kvp|ma|mas|hz|mhz|t|deg|%|x|y|h)?$/i;
const size = /^\d{1,4}x\d{1,4}(?:x\d{1,4})?$/i;

/** Dates, times, telephone and other numbers: digits joined by more than one decimal point. */
const joined = /\d[./:-]\d/;
const bare = /^[+-]?[\d./:,-]+$/;

/**
 * A description without anything that could name a person: of its words only those of the list stay, and short numbers that stand alone. A list of what
 * may stay cannot miss a name; one of what must go could. Empty when nothing stays. What comes out comes out of a second pass as it is.
 */
export function cleanText(text: string): string {
  const words = text.split(/[\s;,()_^|[\]"'&=]+/);
  return withoutRuns(withoutRuns(words).flatMap(safeParts)).join(' ');
}

/** Numbers in a row are a date or a telephone number, also when the words between them are gone. */
function withoutRuns(words: readonly string[]): readonly string[] {
  const isBare = (word: string | undefined): boolean => word !== undefined && bare.test(word);
  return words.filter((word, at) => !isBare(word) || !(isBare(words[at - 1]) || isBare(words[at + 1])));
}

/** The word if it may stay; of one that may not, the parts that may. Its digits were a date or somebody's number. */
function safeParts(given: string): readonly string[] {
  const word = given.replace(/^[.,:*-]+|[.,:*-]+$/g, '');
  if (isSafe(word)) return [word];
  const parts = word.split(/[^\p{L}\p{N}]+/u);
  return parts.filter((part) => isSafe(part) && !(joined.test(word) && /^\d/.test(part)));
}

/** Whether a word may stay. */
export function isSafe(word: string): boolean {
  return safeWords.has(word.toLowerCase()) || number.test(word) || size.test(word);
}

function readWords(): ReadonlySet<string> {
  const text = readFileSync(new URL('./tables/safe-words.csv', import.meta.url), 'utf8');
  const [, ...lines] = text.trimEnd().split('\n');
  return new Set(lines.flatMap((line) => line.slice(line.indexOf(',') + 1).split(' ')));
}
