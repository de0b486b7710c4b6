/** NUL, at which SQLite's driver cuts a text and which PostgreSQL refuses, and surrogates, of which a half may stand alone. */
const suspicious = /[\0\ud800-\udfff]/;

/**
 * The text as a database can keep and compare it: what it cannot becomes U+FFFD. For names and keys, which senders choose: with a NUL
 * in one, two patients would share a state, a duplicate would not be known again, and the search keys behind it would be lost. Bodies are
 * bytes and JSON escapes, so both stay as they are.
 */
export function storableText(text: string): string {
  if (!suspicious.test(text)) return text;
  return (text as unknown as { toWellFormed(): string }).toWellFormed().replaceAll('\0', '\ufffd');
}
