import type { MessageId } from '../../../../core/ids.ts';
import { statusCode } from '../codes.ts';
import type { Database, Row, Statement } from '../driver.ts';
import type { Numbers } from './numbers.ts';
import type { RecentMessages } from './recent-messages.ts';

/** A tree with more descendants is left alone: its removal would hold up the writer. */
const treeMessagesMax = 10_000;

/** Removes ended messages with all that came of them: a message, its answers and replays, their deliveries and published facts, as one. */
export class Pruning {
  readonly #numbers: Numbers;
  readonly #recent: RecentMessages;
  readonly #message: Statement;
  readonly #children: Statement;
  readonly #openDelivery: Statement;
  readonly #keepTop: Statement;
  readonly #oldest: Statement;
  readonly #removals: readonly Statement[];

  constructor(database: Database, numbers: Numbers, recent: RecentMessages) {
    this.#numbers = numbers;
    this.#recent = recent;
    this.#message = database.prepare(
      'SELECT status, received_at, parent, replay_of FROM messages WHERE seq = ?',
    );
    this.#children = database.prepare(childrenSql);
    this.#openDelivery = database.prepare(
      'SELECT 1 FROM deliveries WHERE message = ? AND state IN (2, 3, 4) LIMIT 1',
    );
    this.#keepTop = database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)');
    this.#oldest = database.prepare('SELECT min(seq) AS seq FROM messages');
    this.#removals = [
      factsOfMessageSql.removeItems,
      factsOfMessageSql.remove,
      'DELETE FROM delivery_bodies WHERE id IN (SELECT id FROM deliveries WHERE message = ?)',
      'DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE message = ?)',
      'DELETE FROM deliveries WHERE message = ?',
      'DELETE FROM outcomes WHERE seq = ?',
      'DELETE FROM messages WHERE seq = ?',
    ].map((sql) => database.prepare(sql));
  }

  /** Messages removed. Roots that are not removable any more are passed over. */
  prune(roots: readonly MessageId[], beforeMs: number): number {
    let count = 0;
    for (const root of roots) {
      const tree = this.#removableTree(root, beforeMs);
      for (const seq of tree) for (const removal of this.#removals) removal.run(seq);
      count += tree.length;
    }
    if (count > 0) {
      this.#keepTop.run('message_top', this.#numbers.lastMessage);
      this.#keepTop.run('delivery_top', this.#numbers.lastDelivery);
      this.#recent.dropBefore((this.#oldest.get()?.seq ?? this.#numbers.lastMessage + 1) as number);
    }
    return count;
  }

  /** The root and all its descendants; empty when one of them is young or open, or an ancestor is still there. */
  #removableTree(root: number, beforeMs: number): number[] {
    const first = this.#message.get(root);
    if (!first || this.#exists(first.parent) || this.#exists(first.replay_of)) return [];
    const tree = new Set([root]);
    for (const seq of tree) {
      const row = this.#message.get(seq);
      if (!row || !this.#isEnded(seq, row, beforeMs) || tree.size > treeMessagesMax) return [];
      for (const child of this.#children.all(seq, seq)) tree.add(child.seq as number);
    }
    return [...tree];
  }

  #exists(seq: Row[string] | undefined): boolean {
    return typeof seq === 'number' && this.#message.get(seq) !== undefined;
  }

  #isEnded(seq: number, row: Row, beforeMs: number): boolean {
    if (row.status === statusCode.received || (row.received_at as number) >= beforeMs) return false;
    return this.#openDelivery.get(seq) === undefined;
  }
}

export const factsOfMessageSql = {
  removeItems:
    'DELETE FROM state_items WHERE (scope, key) IN (SELECT scope, key FROM states WHERE message = ?)',
  remove: 'DELETE FROM states WHERE message = ?',
};
export const childrenSql = `SELECT seq FROM messages WHERE parent = ?
  UNION SELECT seq FROM messages WHERE replay_of = ? ORDER BY seq`;
