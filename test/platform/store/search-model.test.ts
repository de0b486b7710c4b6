import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { messageId } from '../../../core/ids.ts';
import type { SearchKey, SearchKeyName } from '../../../core/message.ts';
import { openConnection } from '../../../platform/store/sqlite/connection.ts';
import { type Database, loadSqlite } from '../../../platform/store/sqlite/driver.ts';
import { knexOver } from '../../../platform/store/sqlite/knex-dialect.ts';
import { migrate } from '../../../platform/store/sqlite/migrate.ts';
import { MessageSearch } from '../../../platform/store/sqlite/read/message-search.ts';
import { packSearchKeys, termsOf } from '../../../platform/store/sqlite/terms/search-terms.ts';
import { SegmentWriter } from '../../../platform/store/sqlite/terms/segments.ts';
import { Tail } from '../../../platform/store/sqlite/terms/tail.ts';
import { withFaults } from '../../with-faults.ts';

const driver = await loadSqlite();
const seed = 4711;

interface Kept {
  readonly seq: number;
  readonly keys: readonly SearchKey[];
  readonly receivedAtMs: number;
}

/** The index as the writer keeps it, with segments of a handful of messages, beside a list of all messages. */
class Harness {
  readonly #database: Database;
  readonly #knex: ReturnType<typeof knexOver>;
  readonly search: MessageSearch;
  #segments: SegmentWriter;
  #tail = new Tail(1);
  #next = 1;
  kept: Kept[] = [];

  constructor(database: Database) {
    this.#database = database;
    database.prepare("INSERT INTO meta VALUES ('fingerprint_seed', ?)").run(seed);
    database.prepare("INSERT INTO origins VALUES (1, 'HIS', 'ADT^A04', 1, 'hl7v2', 'x', 0)").run();
    this.#segments = new SegmentWriter(database);
    this.#knex = knexOver(database);
    this.search = new MessageSearch(database, this.#knex);
  }

  async close(): Promise<void> {
    await this.#knex.destroy();
    this.#database.close();
  }

  accept(keys: readonly SearchKey[], receivedAtMs: number): void {
    const seq = this.#next++;
    const packed = packSearchKeys(keys);
    const terms = packed === null ? [] : termsOf(packed, seed);
    this.#database
      .prepare(`INSERT INTO messages (seq, channel, status, origin, received_at, search_keys, body)
        VALUES (?, 'adt', 3, 1, ?, ?, x'00')`)
      .run(seq, receivedAtMs, packed);
    this.#tail.add(seq, terms, 0, receivedAtMs);
    this.kept.push({ seq, keys, receivedAtMs });
  }

  flush(): void {
    if (this.#tail.messageCount === 0) return;
    this.#segments.flush(this.#tail);
    this.#tail = new Tail(this.#tail.last + 1);
  }

  /** Everything from the tables, but the tail: that is of `RecentMessages`. */
  restart(): void {
    this.flush();
    this.#segments = new SegmentWriter(this.#database);
  }

  prune(isGone: (kept: Kept) => boolean): void {
    for (const { seq } of this.kept.filter(isGone))
      this.#database.prepare('DELETE FROM messages WHERE seq = ?').run(seq);
    this.kept = this.kept.filter((one) => !isGone(one));
    this.#segments.dropBefore(this.kept[0]?.seq ?? this.#next);
  }

  get pages(): number {
    return this.#database.prepare('SELECT count(*) AS count FROM term_pages').get()?.count as number;
  }
}

const names: readonly SearchKeyName[] = ['mrn', 'visit', 'order'];
const searchKey = fc.tuple(fc.constantFrom(...names), fc.constantFrom('1', '2', '3', 'x\u001ey', 'x y'));
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('accept' as const),
      keys: fc.array(searchKey, { maxLength: 4 }),
      at: fc.nat(50),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('prune' as const),
      share: fc.nat(100),
      everyNth: fc.constantFrom(1, 1, 1, 2),
    }),
  },
);
const question = fc.record({
  keys: fc.array(searchKey, { maxLength: 2 }),
  since: fc.option(fc.nat(50), { nil: undefined }),
  until: fc.option(fc.nat(50), { nil: undefined }),
  before: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
  limit: fc.integer({ min: 1, max: 400 }),
});

const shown = (value: string): string => value.replaceAll('\u001e', ' ');
const has = (kept: Kept, [name, value]: SearchKey): boolean =>
  kept.keys.some(([n, v]) => n === name && shown(v) === shown(value));

test('property: a search finds what a list of all messages would, through flushes, merges, prunes and restarts', async () => {
  let merges = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 100, maxLength: 400, size: 'max' }),
      fc.array(question, { minLength: 20, maxLength: 40 }),
      async (steps, questions) => {
        const folder = mkdtempSync(join(tmpdir(), 'bithive-search-'));
        const database = openConnection(driver, join(folder, 'x.db'));
        await migrate(database);
        database.exec('PRAGMA synchronous = OFF');
        const harness = new Harness(database);
        try {
          for (const one of steps) {
            if (one.do === 'accept') harness.accept(one.keys, one.at);
            else if (one.do === 'flush') harness.flush();
            else if (one.do === 'restart') harness.restart();
            else {
              const below = (harness.kept.at(-1)?.seq ?? 0) * (one.share / 100);
              harness.prune(({ seq }) => seq < below && seq % one.everyNth === 0);
            }
          }
          merges += database.prepare('SELECT count(*) AS count FROM segments WHERE level = 1').get()
            ?.count as number;
          for (const { keys, since, until, before, limit } of questions) {
            const found = await harness.search.find({
              keys: keys.map(([name, value]) => ({ name, value })),
              ...(since === undefined ? {} : { sinceMs: since }),
              ...(until === undefined ? {} : { untilMs: until }),
              ...(before === undefined ? {} : { before: messageId(before) }),
              limit,
            });
            const expected = harness.kept
              .filter((kept) => keys.every((key) => has(kept, key)))
              .filter(({ receivedAtMs }) => receivedAtMs >= (since ?? 0) && receivedAtMs <= (until ?? 50))
              .filter(({ seq }) => seq < (before ?? Number.MAX_SAFE_INTEGER))
              .map(({ seq }) => seq)
              .reverse()
              .slice(0, limit);
            expect(found.map(({ id }) => id as number)).toEqual(expected);
          }
        } finally {
          await harness.close();
          rmSync(folder, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: 15 },
  );
  expect(merges).toBeGreaterThan(0);
});

test('the last page of many messages with one key costs what the first does, and a search for none of them lets the loop go on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-search-'));
  const database = openConnection(driver, join(folder, 'x.db'));
  await migrate(database);
  let asked = 0;
  const prepare: Database['prepare'] = (sql) => {
    if (sql.includes('instr(m.search_keys')) asked += 1;
    return database.prepare(sql);
  };
  const harness = new Harness(withFaults(database, { prepare }));
  database.exec('BEGIN');
  for (let nth = 0; nth < 8_000; nth += 1) harness.accept([['mrn', '1']], nth);
  harness.flush();
  database.exec('COMMIT');
  const keys = [{ name: 'mrn', value: '1' }] as const;
  const costs: number[] = [];
  let found = 0;
  for (let before = 8_001; before > 1; before -= 1_000) {
    asked = 0;
    found += (await harness.search.list({ keys, before: messageId(before), limit: 1_000 })).length;
    costs.push(asked);
  }
  expect(found).toBe(8_000);
  expect(costs.at(-1)).toBe(costs[0]);
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  asked = 0;
  expect(await harness.search.list({ keys, channel: 'another', limit: 10 })).toEqual([]);
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(asked - 1);
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the index of pruned messages is given back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-search-'));
  const database = openConnection(driver, join(folder, 'x.db'));
  await migrate(database);
  const harness = new Harness(database);
  const days = 3 * 32;
  for (let day = 0; day < days; day += 1) {
    harness.accept([['mrn', `P${day}`]], day);
    harness.flush();
  }
  expect(harness.pages).toBe(3);
  harness.prune(({ seq }) => seq <= 64);
  expect(harness.pages).toBe(1);
  const found = await harness.search.find({ keys: [{ name: 'mrn', value: 'P64' }], limit: 5 });
  expect(found.map(({ id }) => id as number)).toEqual([65]);
  harness.prune(() => true);
  expect(harness.pages).toBe(0);
  harness.accept([['mrn', 'P0']], 0);
  harness.restart();
  expect(await harness.search.find({ keys: [{ name: 'mrn', value: 'P0' }], limit: 5 })).toHaveLength(1);
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
});
