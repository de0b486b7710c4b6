import { setImmediate as nextTurn } from 'node:timers/promises';
import { limits } from '../../../core/limits.ts';
import { checkedInstance, type HeldInstance } from './held-instance.ts';
import { type HeldKey, type HeldObjects, inOrder, walkStart } from './held-objects.ts';
import { SearchMatches } from './search-matches.ts';
import type { SearchLevel, SurfaceQuery } from './search-query.ts';
import { type SearchResult, searchResult } from './search-results.ts';

export interface SearchAnswer {
  readonly page: readonly SearchResult[];
  /** There are more results, or older instances were not looked at. */
  readonly isMore: boolean;
}

/**
 * The page of results that was asked for (PS3.18 8.3.4.4). Under a key by series and number; without one what came last first, and no more is
 * read than the page needs. What a study or series counts is of all its instances, found or not. `base` is the root of the service
 * (`https://engine/dicomweb`). Throws BH_STORE_BUSY when too many ask at once, BH_STORE_*.
 */
export const searchHeld = (
  held: HeldObjects,
  level: SearchLevel,
  query: SurfaceQuery,
  base: string,
): Promise<SearchAnswer> =>
  held.inTurn(async () => {
    const { matches, isCut } =
      query.key === null ? await newestFirst(held, level, query) : await byKey(held, level, query, query.key);
    const names = matches.names();
    const page = names.slice(query.offset, query.offset + query.limit);
    return {
      page: await resultsOf(
        level,
        page.map((name) => matches.group(name)),
        base,
      ),
      isMore: isCut || names.length > query.offset + page.length,
    };
  });

interface Found {
  readonly matches: SearchMatches;
  /** Instances were left out. */
  readonly isCut: boolean;
}

/** One result more than the page is enough; then what is older of the page's studies is read for their counts. */
async function newestFirst(held: HeldObjects, level: SearchLevel, query: SurfaceQuery): Promise<Found> {
  const matches = new SearchMatches(level, query);
  const position = walkStart();
  const end = await held.walk(
    null,
    (instance) => {
      matches.add(instance);
      return !matches.hasOver(query.offset + query.limit);
    },
    position,
  );
  if (end === 'all' || level === 'instance') return { matches, isCut: end !== 'all' };
  const page = matches.names().slice(query.offset, query.offset + query.limit);
  for (const value of studiesOf(matches, page)) {
    const add = (instance: HeldInstance): boolean => {
      matches.count(instance);
      return true;
    };
    await held.walk({ name: 'study-uid', value }, add, { before: position.before, taken: position.taken });
  }
  return { matches, isCut: true };
}

async function byKey(
  held: HeldObjects,
  level: SearchLevel,
  query: SurfaceQuery,
  key: NonNullable<HeldKey>,
): Promise<Found> {
  const matches = new SearchMatches(level, query);
  const isCut = await lookByKey(held, key, matches);
  if (level === 'instance' || key.name !== 'sop-uid') return { matches, isCut };
  // The study of an instance is counted, and its modalities known, by all of it.
  const whole = new SearchMatches(level, query);
  for (const value of studiesOf(matches, matches.matched()))
    await lookByKey(held, { name: 'study-uid', value }, whole);
  return { matches: whole, isCut };
}

function studiesOf(matches: SearchMatches, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => matches.group(name)[0]?.studyInstanceUid ?? []));
}

/** Whether the oldest were left out. */
async function lookByKey(held: HeldObjects, key: HeldKey, matches: SearchMatches): Promise<boolean> {
  const found: HeldInstance[] = [];
  const end = await held.walk(key, (instance) => {
    found.push(instance);
    return true;
  });
  for (const [at, instance] of inOrder(found).entries()) {
    matches.add(instance);
    if ((at + 1) % limits.dicomwebPageMessages === 0) await nextTurn();
  }
  return end === 'cut';
}

async function resultsOf(
  level: SearchLevel,
  groups: readonly (readonly HeldInstance[])[],
  base: string,
): Promise<readonly SearchResult[]> {
  const results: SearchResult[] = [];
  for (const [at, group] of groups.entries()) {
    const first = group[0] === undefined ? null : checkedInstance(group[0]);
    if (first !== null) results.push(searchResult(level, first, group, base));
    if ((at + 1) % limits.dicomwebResultsPerTurn === 0) await nextTurn();
  }
  return results;
}
