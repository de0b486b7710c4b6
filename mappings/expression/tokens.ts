import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** One word of a condition. `column` is 1-based, as editors count. */
export interface Token {
  readonly kind: 'word' | 'text' | 'sign' | 'end';
  readonly text: string;
  readonly column: number;
}

const space = /\s+/y;
const word = /[A-Za-z0-9_$][A-Za-z0-9_.\-[\]*:/^]*/y;
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"/y;
const sign = /!=|<=|>=|[=<>{},()]/y;

export function expressionError(column: number, what: string): BitHiveError {
  return new BitHiveError('BH_CONFIG_EXPRESSION', `column ${column}: ${what}`);
}

/** Splits a condition into words, quoted texts (a doubled quote stands for itself) and signs. Throws BH_CONFIG_EXPRESSION. */
export function tokensOf(source: string): readonly Token[] {
  if (source.length > limits.expressionCharsMax) {
    throw expressionError(limits.expressionCharsMax, `longer than ${limits.expressionCharsMax} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? null;
  };
  while (at < source.length) {
    const blank = take(space);
    if (blank !== null) {
      at += blank.length;
      continue;
    }
    const column = at + 1;
    const name = take(word);
    const text = name === null ? take(quoted) : null;
    const mark = name === null && text === null ? take(sign) : null;
    if (name !== null) tokens.push({ kind: 'word', text: name, column });
    else if (text !== null) tokens.push({ kind: 'text', text: unquote(text), column });
    else if (mark !== null) tokens.push({ kind: 'sign', text: mark, column });
    else if (source[at] === "'" || source[at] === '"')
      throw expressionError(column, 'the quote is not closed');
    else throw expressionError(column, `unexpected ${JSON.stringify(source[at])}`);
    at += (name ?? text ?? mark ?? '').length;
  }
  tokens.push({ kind: 'end', text: 'the end', column: source.length + 1 });
  return tokens;
}

function unquote(text: string): string {
  const quote = text[0] as string;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}
