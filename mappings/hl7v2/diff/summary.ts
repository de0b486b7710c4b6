import type { Change } from './compare.ts';

/** What two maps make otherwise of the messages that were compared. */
export interface MapDiff {
  readonly maps: { readonly before: string; readonly after: string };
  readonly messages: number;
  readonly differing: number;
  /** Messages that cannot be read, and so give nothing to compare. */
  readonly unread: number;
  /** Rows by which Bundles differ; most elements first. */
  readonly rows: readonly RowCount[];
  /** Elements by type and path, list positions left out. */
  readonly elements: readonly ElementCount[];
  /** Fields that no row takes any more, or that a row takes now, with the number of messages. */
  readonly residue: { readonly more: readonly PathCount[]; readonly less: readonly PathCount[] };
  readonly issues: { readonly more: readonly PathCount[]; readonly less: readonly PathCount[] };
  readonly examples: readonly Example[];
}

interface Counts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly messages: number;
}
export interface RowCount extends Counts {
  readonly row: string;
  readonly file: string;
}
export interface ElementCount extends Counts {
  readonly element: string;
}
export interface PathCount {
  readonly path: string;
  readonly messages: number;
}
export interface Example {
  readonly message: string;
  readonly type: string;
  readonly changes: readonly Change[];
}

/** What of a conversion counts beside its Bundle: paths with the numbers of segments and repetitions left out. */
export interface Notes {
  readonly residue: readonly { readonly path: string }[];
  readonly issues: readonly { readonly path: string; readonly row: string; readonly text: string }[];
}

const changesPerExampleMax = 200;

/** Adds up what messages show. The same messages in the same order give the same summary. */
export class DiffSummary {
  readonly #examplesMax: number;
  readonly #rows = new Tally();
  readonly #elements = new Tally();
  readonly #residue = new Balance();
  readonly #issues = new Balance();
  readonly #examples: Example[] = [];
  #messages = 0;
  #differing = 0;
  #unread = 0;

  constructor(examplesMax: number) {
    this.#examplesMax = examplesMax;
  }

  unread(): void {
    this.#unread++;
  }

  add(message: string, type: string, changes: readonly Change[], before: Notes, after: Notes): void {
    this.#messages++;
    this.#residue.add(pathsOf(before.residue), pathsOf(after.residue));
    this.#issues.add(issuesOf(before.issues), issuesOf(after.issues));
    if (changes.length === 0) return;
    this.#differing++;
    this.#rows.add(changes, ({ row, file }) => `${row}\n${file}`);
    this.#elements.add(changes, ({ resource, path }) => `${resource}.${path.replace(/\[\d+\]/g, '')}`);
    if (this.#examples.length < this.#examplesMax)
      this.#examples.push({ message, type, changes: changes.slice(0, changesPerExampleMax) });
  }

  result(before: string, after: string): MapDiff {
    return {
      maps: { before, after },
      messages: this.#messages,
      differing: this.#differing,
      unread: this.#unread,
      rows: this.#rows.list().map(([key, counts]) => {
        const [row = '', file = ''] = key.split('\n');
        return { row, file, ...counts };
      }),
      elements: this.#elements.list().map(([element, counts]) => ({ element, ...counts })),
      residue: this.#residue.result(),
      issues: this.#issues.result(),
      examples: this.#examples,
    };
  }
}

/** `OBX[2]-5[1].1` is `OBX-5.1`. */
const withoutNumbers = (path: string): string => path.replace(/\[\d+\]/g, '');
const pathsOf = (residue: Notes['residue']) => new Set(residue.map(({ path }) => withoutNumbers(path)));
const issuesOf = (issues: Notes['issues']) =>
  new Set(issues.map(({ path, row, text }) => `${withoutNumbers(path)} (row ${row}): ${text}`));

/** Counts changes under a name. */
class Tally {
  readonly #counts = new Map<string, { added: number; removed: number; changed: number; messages: number }>();

  add(changes: readonly Change[], nameOf: (change: Change) => string): void {
    const seen = new Set<string>();
    for (const change of changes) {
      const name = nameOf(change);
      const counts = this.#counts.get(name) ?? { added: 0, removed: 0, changed: 0, messages: 0 };
      this.#counts.set(name, counts);
      counts[change.kind]++;
      if (!seen.has(name)) counts.messages++;
      seen.add(name);
    }
  }

  list(): readonly (readonly [string, Counts])[] {
    const size = ({ added, removed, changed }: Counts) => added + removed + changed;
    return [...this.#counts].sort(([a, one], [b, other]) => size(other) - size(one) || (a < b ? -1 : 1));
  }
}

/** Counts the messages in which something is only on one side. */
class Balance {
  readonly #more = new Map<string, number>();
  readonly #less = new Map<string, number>();

  add(before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    const count = (counts: Map<string, number>, path: string) =>
      counts.set(path, (counts.get(path) ?? 0) + 1);
    for (const path of after) if (!before.has(path)) count(this.#more, path);
    for (const path of before) if (!after.has(path)) count(this.#less, path);
  }

  result(): MapDiff['residue'] {
    const list = (counts: ReadonlyMap<string, number>) =>
      [...counts]
        .map(([path, messages]) => ({ path, messages }))
        .sort((a, b) => b.messages - a.messages || (a.path < b.path ? -1 : 1));
    return { more: list(this.#more), less: list(this.#less) };
  }
}
