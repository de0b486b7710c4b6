/** Text for a VR of one line (LO, SH, ST without breaks): no control character, no backslash, at most so many characters (PS3.5 6.2). */
export function line(text: string, charsMax: number): string {
  const plain = text
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .replaceAll('\\', '/')
    .trim();
  return [...plain].slice(0, charsMax).join('').trimEnd();
}

/** Text for UT and LT: lines end with CR LF, other control characters go. */
export const lines = (texts: readonly string[]): string =>
  texts.map((text) => text.replace(/[\x00-\x09\x0b-\x1f\x7f]+/g, ' ').replaceAll('\n', ' ')).join('\r\n');
