import { readFileSync } from 'node:fs';

/** Words that tell of a procedure, a body part or a technique and of nobody. */
const safeWords: ReadonlySet<string> = readWords();

const number =
  /^[+-]?\d{1,3}(?:[.,]\d{1,2})?(?:mm|cm|ml|mg|ms|s|sec|min|kv|kvp|ma|mas|hz|mhz|t|deg|%|x|y|h)?$/i;
const size = /^\d{1,4}x\d{1,4}(?:x\d{1,4})?$/i;

/** Dates, times, telephone and other numbers: digits joined by more than one decimal point. */
const joined = /\d[./:-]\d/;
const inARow = /(?<![\p{L}\d.])[\d./:-]+(?:\s+[\d./:-]+)+(?![\p{L}\d])/gu;

/**
 * A description without anything that could name a person: of its words only those of the list stay, and short numbers. A list of what may
 * stay cannot miss a name; one of what must go could. Empty when nothing stays.
 */
export function cleanText(text: string): string {
  return text
    .replace(inARow, ' ')
    .split(/[\s;,()_^|[\]"'&=]+/)
    .flatMap((chunk) => {
      const word = chunk.replace(/^[.,:*-]+|[.,:*-]+$/g, '');
      if (isSafe(word)) return [word];
      // Parts of what is no word as a whole: words may stay, digits were a date or a number of somebody.
      const parts = word.split(/[^\p{L}\p{N}]+/u);
      return parts.filter((part) => isSafe(part) && (!/^\d/.test(part) || !joined.test(word)));
    })
    .join(' ');
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
