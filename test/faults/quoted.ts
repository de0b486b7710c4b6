const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12, '"': 34, '\\': 92 };

/** The first bytes of the first string in a call, which strace quotes as C does (octal escapes). */
export function quotedBytes(text: string, count: number): readonly number[] {
  const bytes: number[] = [];
  let at = text.indexOf('"') + 1;
  while (bytes.length < count && at < text.length && text[at] !== '"') {
    if (text[at] !== '\\') {
      bytes.push(text.charCodeAt(at));
      at += 1;
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))?.[0];
    bytes.push(octal === undefined ? (escapes[text[at + 1] ?? ''] ?? 0) : Number.parseInt(octal, 8));
    at += 1 + (octal?.length ?? 1);
  }
  return bytes;
}

/** The strings that a call names (paths of rename, mkdir). */
export function quotedStrings(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '');
}

/** Length and offset of `pwrite64(fd, "...", length, offset)`. */
export function lengthAndOffset(text: string): { readonly length: number; readonly offset: number } {
  const found = /, (\d+), (\d+)$/.exec(text);
  return { length: Number(found?.[1] ?? -1), offset: Number(found?.[2] ?? -1) };
}
