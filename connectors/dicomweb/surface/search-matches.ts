import type { HeldInstance } from './held-instance.ts';
import type { SearchLevel, SurfaceQuery } from './search-query.ts';

/** Instances as they are found, in groups of what the results are of: studies, series, or each for itself. */
export class SearchMatches {
  readonly #level: SearchLevel;
  readonly #query: SurfaceQuery;
  readonly #groups = new Map<string, HeldInstance[]>();
  /** Groups with an instance that is what was asked for, in the order in which they were found, and their studies. */
  readonly #matched = new Map<string, string>();
  /** Studies with an instance of the modality that was asked for. */
  readonly #ofModality = new Set<string>();

  constructor(level: SearchLevel, query: SurfaceQuery) {
    this.#level = level;
    this.#query = query;
  }

  add(instance: HeldInstance): void {
    const { studyInstanceUid } = instance;
    const isMatch = this.#query.matches(instance);
    if (this.#query.modalityInStudy?.(instance.modality)) this.#ofModality.add(studyInstanceUid);
    // Those that are no results of their own are counted in their study or series.
    if (isMatch || this.#level !== 'instance') this.count(instance);
    if (isMatch) this.#matched.set(this.#nameOf(instance), studyInstanceUid);
  }

  /** Adds an instance to its group, which does not become a result by it. */
  count(instance: HeldInstance): void {
    const name = this.#nameOf(instance);
    const group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, [instance]);
    else group.push(instance);
  }

  /** Whether more than so many results are certain. Of a modality in the study none is, before all was looked at. */
  hasOver(count: number): boolean {
    return this.#query.modalityInStudy === undefined && this.#matched.size > count;
  }

  /** Of the groups that are results, in the order in which they were found. */
  names(): readonly string[] {
    const isAny = this.#query.modalityInStudy === undefined;
    return [...this.#matched].flatMap(([name, study]) =>
      isAny || this.#ofModality.has(study) ? [name] : [],
    );
  }

  /** As `names`, whatever modality was asked for. */
  matched(): readonly string[] {
    return [...this.#matched.keys()];
  }

  group(name: string): readonly HeldInstance[] {
    return this.#groups.get(name) ?? [];
  }

  #nameOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: HeldInstance): string {
    if (this.#level === 'study') return studyInstanceUid;
    return `${studyInstanceUid}|${this.#level === 'series' ? seriesInstanceUid : sopInstanceUid}`;
  }
}
