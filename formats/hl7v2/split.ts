/** The last long element that was split, so that reading its parts one after another stays linear. */
interface LastSplit {
  text: string;
  parts: readonly string[];
}

export class SplitMemo {
  readonly components: LastSplit = { text: '', parts: [] };
  readonly subcomponents: LastSplit = { text: '', parts: [] };
}

/** Below both, scanning for the part is cheaper than keeping an array. */
const scanPartsMax = 16;
const scanCharsMax = 4096;

/** Part `n` (from 1) of a text; the whole is part 1 where nothing separates. */
export function nthPart(text: string, mark: string, n: number, last: LastSplit): string {
  if (mark === '') return n === 1 ? text : '';
  if (n > scanPartsMax || text.length > scanCharsMax) return splitOnce(text, mark, last)[n - 1] ?? '';
  let from = 0;
  for (let part = 1; part < n; part++) {
    const at = text.indexOf(mark, from);
    if (at < 0) return '';
    from = at + 1;
  }
  const end = text.indexOf(mark, from);
  return n < 1 ? '' : end < 0 ? (from === 0 ? text : text.slice(from)) : text.slice(from, end);
}

function splitOnce(text: string, mark: string, last: LastSplit): readonly string[] {
  if (last.text !== text) {
    last.parts = text.split(mark);
    last.text = text;
  }
  return last.parts;
}

export function partCount(text: string, mark: string): number {
  if (text === '') return 0;
  let count = 1;
  for (let at = mark === '' ? -1 : text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) count++;
  return count;
}
