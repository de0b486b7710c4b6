import { limits } from '../../core/limits.ts';
import { expressionError, type Token, tokensOf } from './tokens.ts';

/** What a path gives for one subject: every value found there, none or empty texts when it is absent. */
export type ResolvePath<S> = (path: string) => (subject: S) => readonly string[];

/**
 * Compiles a condition once; the result is called per message, study or row.
 *
 * ```
 * condition = all { "or" all }          all = one { "and" one }
 * one       = "not" one | "(" condition ")" | test
 * test      = path "valued" | path "not" "valued"
 *           | path "=" value | path "!=" value
 *           | path "in" "{" value { "," value } "}" | path "not" "in" "{" … "}"
 * ```
 * A value is quoted, or a bare word. `=` and `in` hold when any value of the path matches; `!=` and `not in` are their
 * negations. HL7's null (`""`) is not valued. Keywords are read in any case.
 *
 * Throws BH_CONFIG_EXPRESSION with the column; whatever `resolvePath` throws for a path goes out with its column too.
 */
export function compileCondition<S>(source: string, resolvePath: ResolvePath<S>): (subject: S) => boolean {
  return new Parser(tokensOf(source), resolvePath).whole();
}

type Test<S> = (subject: S) => boolean;

class Parser<S> {
  readonly #tokens: readonly Token[];
  readonly #resolvePath: ResolvePath<S>;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], resolvePath: ResolvePath<S>) {
    this.#tokens = tokens;
    this.#resolvePath = resolvePath;
  }

  whole(): Test<S> {
    const test = this.#any();
    const rest = this.#peek();
    if (rest.kind !== 'end')
      throw expressionError(rest.column, `expected and, or, the end; found ${rest.text}`);
    return test;
  }

  #any(): Test<S> {
    const tests = [this.#all()];
    while (this.#takeKeyword('or')) tests.push(this.#all());
    return tests.length === 1 ? (tests[0] as Test<S>) : (subject) => tests.some((test) => test(subject));
  }

  #all(): Test<S> {
    const tests = [this.#one()];
    while (this.#takeKeyword('and')) tests.push(this.#one());
    return tests.length === 1 ? (tests[0] as Test<S>) : (subject) => tests.every((test) => test(subject));
  }

  #one(): Test<S> {
    const token = this.#peek();
    this.#depth++;
    if (this.#depth > limits.expressionDepthMax) throw expressionError(token.column, 'nested too deep');
    const test = this.#negated() ?? this.#grouped() ?? this.#test();
    this.#depth--;
    return test;
  }

  #negated(): Test<S> | null {
    if (!this.#takeKeyword('not')) return null;
    const inner = this.#one();
    return (subject) => !inner(subject);
  }

  #grouped(): Test<S> | null {
    if (!this.#takeSign('(')) return null;
    const inner = this.#any();
    this.#expectSign(')');
    return inner;
  }

  #test(): Test<S> {
    const path = this.#take();
    if (path.kind !== 'word') throw expressionError(path.column, `expected a path, found ${path.text}`);
    const read = this.#read(path);
    if (this.#takeKeyword('valued')) return (subject) => read(subject).some(isValued);
    if (this.#takeSign('=')) return oneOf(read, [this.#value()]);
    if (this.#takeSign('!=')) return noneOf(read, [this.#value()]);
    if (this.#takeKeyword('in')) return oneOf(read, this.#set());
    if (this.#takeKeyword('not')) {
      if (this.#takeKeyword('valued')) return (subject) => !read(subject).some(isValued);
      if (this.#takeKeyword('in')) return noneOf(read, this.#set());
      throw expressionError(this.#peek().column, `expected valued or in, found ${this.#peek().text}`);
    }
    const found = this.#peek();
    throw expressionError(found.column, `expected valued, =, !=, in or not; found ${found.text}`);
  }

  #read(path: Token): (subject: S) => readonly string[] {
    try {
      return this.#resolvePath(path.text);
    } catch (error) {
      throw expressionError(path.column, error instanceof Error ? error.message : String(error));
    }
  }

  #set(): readonly string[] {
    this.#expectSign('{');
    const values = [this.#value()];
    while (this.#takeSign(',')) values.push(this.#value());
    this.#expectSign('}');
    return values;
  }

  #value(): string {
    const token = this.#take();
    if (token.kind === 'text' || token.kind === 'word') return token.text;
    throw expressionError(token.column, `expected a value, found ${token.text}`);
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  #takeKeyword(keyword: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'word' || token.text.toLowerCase() !== keyword) return false;
    this.#next++;
    return true;
  }

  #takeSign(text: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'sign' || token.text !== text) return false;
    this.#next++;
    return true;
  }

  #expectSign(text: string): void {
    const token = this.#peek();
    if (!this.#takeSign(text)) throw expressionError(token.column, `expected ${text}, found ${token.text}`);
  }
}

function isValued(value: string): boolean {
  return value !== '' && value !== '""';
}

function oneOf<S>(read: (subject: S) => readonly string[], values: readonly string[]): Test<S> {
  const wanted = new Set(values);
  return (subject) => {
    const found = read(subject);
    for (let at = 0; at < found.length; at++) if (wanted.has(found[at] as string)) return true;
    return false;
  };
}

function noneOf<S>(read: (subject: S) => readonly string[], values: readonly string[]): Test<S> {
  const test = oneOf(read, values);
  return (subject) => !test(subject);
}
