/** NUL, and halves of surrogate pairs: JavaScript strings may hold them, PostgreSQL's text may not. */
const unstorable = /[\0\ud800-\udfff]/;
const nul = /\0/g;

/**
 * The text as PostgreSQL can keep it: what it cannot becomes U+FFFD. Only names and keys come here; bodies are bytes and stay as
 * they are. A sender must not be able to stop its feed with one such character in a field that is indexed.
 */
export function cleanText(text: string): string {
  if (!unstorable.test(text)) return text;
  return (text as unknown as { toWellFormed(): string }).toWellFormed().replace(nul, '\ufffd');
}

/** Milliseconds as a whole number: a delay with jitter may have a fraction, the column has none. */
export const wholeMs = (ms: number): number => Math.round(ms);

export const jsonOrNull = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(value);
