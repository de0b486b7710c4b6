import { limits } from '../../../../core/limits.ts';
import type { SearchKey } from '../../../../core/message.ts';
import { storableText } from '../../storable-text.ts';
import { fingerprint } from './fingerprint.ts';

const between = '\u001e';
const within = '\u001f';
const separators = /[\u001e\u001f]/;

/** One search key as it stands in `messages.search_keys`, which begins and ends with the separator: a substring test is exact. */
export function termText(name: string, value: string): string {
  const cut = storableText(
    value.length > limits.searchKeyCharsMax ? value.slice(0, limits.searchKeyCharsMax) : value,
  );
  return `${between}${name}${within}${separators.test(cut) ? cut.replaceAll(between, ' ').replaceAll(within, ' ') : cut}${between}`;
}

/** Search keys as one column; null when there are none. Keys over the limit are dropped, the body still holds them. */
export function packSearchKeys(keys: readonly SearchKey[]): string | null {
  if (keys.length === 0) return null;
  let packed = '';
  const count = Math.min(keys.length, limits.searchKeysPerMessageMax);
  for (let at = 0; at < count; at += 1) {
    const [name, value] = keys[at]!;
    const text = termText(name, value);
    packed = packed === '' ? text : packed + text.slice(1);
  }
  return packed;
}

export function unpackSearchKeys(packed: string | null): readonly SearchKey[] {
  if (packed === null) return [];
  return packed
    .slice(1, -1)
    .split(between)
    .map((text) => {
      const at = text.indexOf(within);
      return [text.slice(0, at), text.slice(at + 1)] as unknown as SearchKey;
    });
}

/** The 32-bit term under which a segment lists a search key. Two keys may share one: what is found is verified on the row. */
export function termOf(text: string, seed: number): number {
  return fingerprint(text, seed) % 0x1_0000_0000;
}

/** Terms of a packed column. */
export function termsOf(packed: string, seed: number): number[] {
  const terms: number[] = [];
  let from = 0;
  for (;;) {
    const to = packed.indexOf(between, from + 1);
    if (to < 0) return terms;
    terms.push(termOf(packed.slice(from, to + 1), seed));
    from = to;
  }
}
