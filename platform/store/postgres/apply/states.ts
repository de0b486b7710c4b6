import type { ProcessedMessage, TimerSet } from '../../../../core/ports/index.ts';
import { isPublished } from '../../published.ts';
import { cleanText, wholeMs } from '../clean-text.ts';
import { markOf } from '../marks.ts';
import type { Session, Statement } from '../session-pool.ts';

interface StateRow {
  readonly mark: string;
  readonly scope: string;
  readonly key: string;
  readonly value: string;
  /** The message with which a published fact goes. */
  readonly message: number | null;
}
interface ItemRow {
  readonly mark: string;
  readonly item_mark: string;
  readonly item_key: string;
  readonly value: string;
}
interface TimerRow {
  readonly mark: string;
  readonly channel: string;
  readonly key: string;
  readonly name: string;
  readonly due_at: number;
  readonly payload: string;
}

/** What a batch leaves behind: of several words about one thing the last one stands, so each row is written once. */
class Changes {
  readonly states = new Map<string, StateRow | null>();
  readonly purged = new Set<string>();
  readonly items = new Map<string, ItemRow>();
  readonly timers = new Map<string, TimerRow | null>();

  add(channel: string, result: ProcessedMessage): void {
    for (const { scope, key, value } of result.states) {
      const mark = markOf(scope, key);
      const message = isPublished(scope, channel) ? result.id : null;
      const name = { scope: cleanText(scope), key: cleanText(key) };
      this.states.set(mark, value === null ? null : { mark, ...name, value: JSON.stringify(value), message });
      if (value === null) this.#purge(mark);
    }
    for (const { scope, key, itemKey, value } of result.items) {
      const mark = markOf(scope, key);
      const item_mark = markOf(itemKey);
      const row = { mark, item_mark, item_key: cleanText(itemKey), value: JSON.stringify(value) };
      this.items.set(`${mark}${item_mark}`, row);
    }
    for (const timer of result.timers) this.#setTimer(channel, timer);
  }

  #purge(mark: string): void {
    this.purged.add(mark);
    for (const [name, item] of this.items) if (item.mark === mark) this.items.delete(name);
  }

  #setTimer(channel: string, { key, name, dueAtMs, payload }: TimerSet): void {
    const mark = markOf(channel, key, name);
    const about = { mark, channel, key: cleanText(key), name: cleanText(name) };
    const row =
      dueAtMs === null
        ? null
        : { ...about, due_at: wholeMs(dueAtMs), payload: JSON.stringify(payload ?? {}) };
    this.timers.set(mark, row);
  }
}

/** Writes states of ordering keys, the facts under them, and timers. */
export async function writeStates(
  session: Session,
  channel: string,
  results: readonly ProcessedMessage[],
): Promise<void> {
  const changes = new Changes();
  for (const result of results) changes.add(channel, result);
  const written = <T>(rows: Iterable<T | null>): T[] => [...rows].filter((row) => row !== null);
  const absent = (rows: Map<string, unknown>): string[] =>
    [...rows.keys()].filter((key) => rows.get(key) === null);

  const steps: readonly (readonly [Statement, readonly unknown[]])[] = [
    [stateSql.purgeItems, [...changes.purged]],
    [stateSql.removeStates, absent(changes.states)],
    [stateSql.putStates, written(changes.states.values())],
    [stateSql.putItems, [...changes.items.values()]],
    [stateSql.cancelTimers, absent(changes.timers)],
    [stateSql.setTimers, written(changes.timers.values())],
  ];
  for (const [statement, rows] of steps) {
    if (rows.length > 0) await session.query(statement, [JSON.stringify(rows)]);
  }
}

const marks = 'SELECT value::uuid FROM json_array_elements_text($1::json)';
const stateSql = {
  purgeItems: { name: 'purge-items', text: `DELETE FROM state_items WHERE mark IN (${marks})` },
  removeStates: { name: 'remove-states', text: `DELETE FROM states WHERE mark IN (${marks})` },
  putStates: {
    name: 'put-states',
    text: `INSERT INTO states SELECT mark, scope, key, value, message FROM json_to_recordset($1::json)
        AS r(mark uuid, scope text, key text, value text, message bigint) ORDER BY mark
      ON CONFLICT (mark) DO UPDATE SET value = excluded.value, message = excluded.message`,
  },
  putItems: {
    name: 'put-items',
    text: `INSERT INTO state_items SELECT mark, item_mark, item_key, value FROM json_to_recordset($1::json)
        AS r(mark uuid, item_mark uuid, item_key text, value text) ORDER BY mark, item_mark
      ON CONFLICT (mark, item_mark) DO UPDATE SET value = excluded.value`,
  },
  cancelTimers: { name: 'cancel-timers', text: `DELETE FROM timers WHERE mark IN (${marks})` },
  setTimers: {
    name: 'set-timers',
    text: `INSERT INTO timers SELECT mark, channel, key, name, due_at, payload FROM json_to_recordset($1::json)
        AS r(mark uuid, channel text, key text, name text, due_at bigint, payload text) ORDER BY mark
      ON CONFLICT (mark) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload`,
  },
} as const satisfies Record<string, Statement>;
