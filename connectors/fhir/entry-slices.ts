/** Where the members of a Bundle's `entry` stand in its text, as pairs of start and end. */
export interface EntrySlices {
  readonly entries: readonly (readonly [start: number, end: number])[];
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket, comma] = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c,
];

/**
 * Finds the members of `entry` of a JSON object that was parsed before, so that they can be left out without printing the others anew: numbers and texts stay
 * as they were sent. null when there is no such list.
 */
export function entrySlices(json: Uint8Array): EntrySlices | null {
  const entries: [number, number][] = [];
  let depth = 0;
  let name = '';
  let isInEntries = false;
  let start = -1;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) {
      const end = endOfString(json, at);
      if (depth === 1) name = Buffer.from(json.subarray(at + 1, end)).toString();
      at = end;
    } else if (byte === openBrace || byte === openBracket) {
      depth++;
      // At depth 1 the last string before a bracket is the name of the list: a text value would be followed by a comma and a name.
      if (depth === 2 && byte === openBracket && name === 'entry') isInEntries = true;
      else if (isInEntries && depth === 3) start = at;
    } else if (byte === closeBrace || byte === closeBracket) {
      if (isInEntries && depth === 3) entries.push([start, at + 1]);
      depth--;
      if (isInEntries && depth === 1) return { entries };
    } else if (byte === comma && depth === 1) name = '';
  }
  return null;
}

/** The text without the entries that are named by number from 0. */
export function withoutEntries(
  json: Uint8Array,
  { entries }: EntrySlices,
  left: ReadonlySet<number>,
): Uint8Array {
  const kept = entries.filter((_, index) => !left.has(index));
  const first = entries[0];
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return json;
  const parts: Uint8Array[] = [json.subarray(0, first[0])];
  for (const [index, [start, end]] of kept.entries()) {
    if (index > 0) parts.push(Buffer.from(','));
    parts.push(json.subarray(start, end));
  }
  parts.push(json.subarray(last[1]));
  return Buffer.concat(parts);
}

function endOfString(json: Uint8Array, at: number): number {
  let end = at + 1;
  while (end < json.length && json[end] !== quote) end += json[end] === backslash ? 2 : 1;
  return end;
}
