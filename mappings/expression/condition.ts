import { limits } from '../../core/limits.ts';
import {
  anyContains,
  anyMatches,
  anyNumber,
  type Condition,
  comparisons,
  countTest,
  isValued,
  joined,
  notOf,
  oneOf,
  valueTest,
} from './tests.ts';
import { expressionError, type Token, tokensOf } from './tokens.ts';

/** What a path gives for one subject: every value found there, none or empty texts when it is absent. */
export type ResolvePath<S> = (path: string) => (subject: S) => readonly string[];

/** What a subject has many of, for `count(…)`: each member is a subject of its own. */
export interface Groups<S> {
  readonly [name: string]: (subject: S) => readonly S[];
}

/**
 * Compiles a condition once; the result is called per message, study or row.
 *
 * ```
 * condition = all { "or" all }          all = one { "and" one }
 * one       = "not" one | "(" condition ")" | test
 * test      = path "valued" | path "not" "valued"
 *           | path "=" value | path "!=" value | path ( "<" | "<=" | ">" | ">=" ) number
 *           | path "in" "{" value { "," value } "}" | path "not" "in" "{" … "}"
 *           | path "contains" value | path "matches" value
 *           | "count" "(" group [ "where" condition ] ")" ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) number
 * ```
 * A value is quoted, or a bare word. Every test holds when any value of the path matches; `!=` and `not in` are the negations of `=`
 * and `in`. `contains` and `matches` (wildcards `*` and `?`, the whole value) read letters in any case. HL7's null (`""`) is not valued.
 * Keywords are read in any case; `count` only where the subject has groups.
 *
 * Throws BH_CONFIG_EXPRESSION with the column; whatever `resolvePath` throws for a path goes out with its column too.
 */
export function compileCondition<S>(source: string, resolvePath: ResolvePath<S>): (subject: S) => boolean {
  return explainedCondition(source, resolvePath).holds;
}

/** As `compileCondition`, with the reasons. */
export function explainedCondition<S>(
  source: string,
  resolvePath: ResolvePath<S>,
  groups: Groups<S> = {},
): Condition<S> {
  return new Parser(source, resolvePath, groups).whole();
}

class Parser<S> {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #resolvePath: ResolvePath<S>;
  readonly #groups: Groups<S>;
  #next = 0;
  #depth = 0;

  constructor(source: string, resolvePath: ResolvePath<S>, groups: Groups<S>) {
    this.#source = source;
    this.#tokens = tokensOf(source);
    this.#resolvePath = resolvePath;
    this.#groups = groups;
  }

  whole(): Condition<S> {
    const test = this.#any();
    const rest = this.#peek();
    if (rest.kind !== 'end')
      throw expressionError(rest.column, `expected and, or, the end; found ${rest.text}`);
    return test;
  }

  #any(): Condition<S> {
    const tests = [this.#all()];
    while (this.#takeKeyword('or')) tests.push(this.#all());
    return joined('or', tests);
  }

  #all(): Condition<S> {
    const tests = [this.#one()];
    while (this.#takeKeyword('and')) tests.push(this.#one());
    return joined('and', tests);
  }

  #one(): Condition<S> {
    const token = this.#peek();
    this.#depth++;
    if (this.#depth > limits.expressionDepthMax) throw expressionError(token.column, 'nested too deep');
    const test = this.#negated() ?? this.#grouped() ?? this.#counted() ?? this.#test();
    this.#depth--;
    return test;
  }

  #negated(): Condition<S> | null {
    return this.#takeKeyword('not') ? notOf(this.#one()) : null;
  }

  #grouped(): Condition<S> | null {
    if (!this.#takeSign('(')) return null;
    const inner = this.#any();
    this.#expectSign(')');
    return inner;
  }

  #counted(): Condition<S> | null {
    const { column, kind, text } = this.#peek();
    const names = Object.keys(this.#groups);
    const isCount = kind === 'word' && text.toLowerCase() === 'count' && names.length > 0;
    const following = this.#tokens[this.#next + 1];
    if (!isCount || following?.kind !== 'sign' || following.text !== '(') return null;
    this.#next += 2;
    const group = this.#take();
    const members = names.includes(group.text) ? this.#groups[group.text] : undefined;
    if (members === undefined)
      throw expressionError(group.column, `expected ${names.join(' or ')}, found ${group.text}`);
    const where = this.#takeKeyword('where') ? this.#any() : null;
    this.#expectSign(')');
    const sign = this.#comparison();
    const number = this.#number();
    return countTest(this.#textFrom(column), members, where, sign, number);
  }

  #test(): Condition<S> {
    const path = this.#take();
    if (path.kind !== 'word') throw expressionError(path.column, `expected a path, found ${path.text}`);
    const read = this.#read(path);
    const isNot = this.#takeKeyword('not');
    const values = this.#valuesTest(isNot);
    return valueTest(this.#textFrom(path.column), read, values);
  }

  #valuesTest(isNot: boolean): (found: readonly string[]) => boolean {
    if (this.#takeKeyword('valued'))
      return isNot ? (found) => !found.some(isValued) : (found) => found.some(isValued);
    if (this.#takeKeyword('in')) return negatedIf(isNot, oneOf(this.#set()));
    const found = this.#peek();
    if (isNot) throw expressionError(found.column, `expected valued or in, found ${found.text}`);
    if (this.#takeSign('=')) return oneOf([this.#value()]);
    if (this.#takeSign('!=')) return negatedIf(true, oneOf([this.#value()]));
    if (this.#takeKeyword('contains')) return anyContains(this.#value());
    if (this.#takeKeyword('matches')) return anyMatches(this.#value());
    if (found.kind === 'sign' && found.text in comparisons)
      return anyNumber(this.#comparison(), this.#number());
    throw expressionError(
      found.column,
      `expected valued, =, !=, <, <=, >, >=, in, contains, matches or not; found ${found.text}`,
    );
  }

  #read(path: Token): (subject: S) => readonly string[] {
    try {
      return this.#resolvePath(path.text);
    } catch (error) {
      throw expressionError(path.column, error instanceof Error ? error.message : String(error));
    }
  }

  #comparison(): string {
    const token = this.#take();
    if (token.kind === 'sign' && token.text in comparisons) return token.text;
    throw expressionError(token.column, `expected =, !=, <, <=, > or >=; found ${token.text}`);
  }

  #number(): number {
    const { column, text } = this.#peek();
    const number = Number(this.#value());
    if (text.trim() !== '' && Number.isFinite(number)) return number;
    throw expressionError(column, `expected a number, found ${text}`);
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

  /** The source from a column to where the parser stands. */
  #textFrom(column: number): string {
    return this.#source.slice(column - 1, this.#peek().column - 1).trim();
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

const negatedIf =
  (isNot: boolean, test: (found: readonly string[]) => boolean) =>
  (found: readonly string[]): boolean =>
    test(found) !== isNot;
