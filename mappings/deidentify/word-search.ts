/** Where a word stands in a text: whether it counts there. */
export type Accept = (text: string, start: number, end: number, word: string) => boolean;

/**
 * Finds any of many words in a text in one pass (Aho and Corasick, 1975): its time hangs on the length of the text alone. One regular expression of all
 * words was tried; names that begin alike made it stand still over a long text, and names are what a stranger chooses.
 */
export class WordSearch {
  readonly #next: Map<number, number>[] = [new Map()];
  readonly #fail: number[] = [0];
  /** The word that ends at a node, and the nearest node of its suffixes at which another ends. */
  readonly #words: (string | undefined)[] = [undefined];
  readonly #shorter: number[] = [0];

  /** Words are compared without case; empty ones are left out. */
  constructor(words: Iterable<string>) {
    for (const word of words) this.#add(fold(word));
    this.#link();
  }

  /** Whether a word stands in the text at a place that `accept` takes. */
  isIn(text: string, accept: Accept = () => true): boolean {
    const folded = fold(text);
    const root = this.#next[0]!;
    if (root.size === 0) return false;
    let node = 0;
    for (let at = 0; at < folded.length; at++) {
      const code = folded.charCodeAt(at);
      while (node !== 0 && !this.#next[node]!.has(code)) node = this.#fail[node]!;
      node = this.#next[node]!.get(code) ?? 0;
      for (let end = node; end !== 0; end = this.#shorter[end]!) {
        const word = this.#words[end];
        if (word !== undefined && accept(folded, at + 1 - word.length, at + 1, word)) return true;
      }
    }
    return false;
  }

  #add(word: string): void {
    let node = 0;
    for (let at = 0; at < word.length; at++) {
      const code = word.charCodeAt(at);
      let to = this.#next[node]!.get(code);
      if (to === undefined) {
        to = this.#next.push(new Map()) - 1;
        this.#fail.push(0);
        this.#words.push(undefined);
        this.#shorter.push(0);
        this.#next[node]!.set(code, to);
      }
      node = to;
    }
    if (word !== '') this.#words[node] = word;
  }

  /** By breadth: each node knows the longest suffix of its word that begins another. */
  #link(): void {
    const queue = [...this.#next[0]!.values()];
    for (let at = 0; at < queue.length; at++) {
      const node = queue[at]!;
      for (const [code, to] of this.#next[node]!) {
        let fail = this.#fail[node]!;
        while (fail !== 0 && !this.#next[fail]!.has(code)) fail = this.#fail[fail]!;
        this.#fail[to] = this.#next[fail]!.get(code) ?? 0;
        queue.push(to);
      }
      const suffix = this.#fail[node]!;
      this.#shorter[node] = this.#words[suffix] === undefined ? this.#shorter[suffix]! : suffix;
    }
  }
}

/** Lower case, letter for letter, so that places stay places: the few letters that become two stay as they are. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : Array.from(text, foldOne).join('');
}

function foldOne(letter: string): string {
  const lower = letter.toLowerCase();
  return lower.length === letter.length ? lower : letter;
}
