import type { DeliveryState } from '../../../../core/delivery.ts';
import { BitHiveError } from '../../../../core/errors.ts';
import { type DeliveryId, messageId } from '../../../../core/ids.ts';
import type { NewMessage, Refusal, SearchKey } from '../../../../core/message.ts';
import type { DeliveryLease, Settlement, SettleReceipt } from '../../../../core/ports/index.ts';
import { stateCode, stateOf } from '../codes.ts';
import type { Database, Row, Statement } from '../driver.ts';
import { textOrNull } from '../rows.ts';
import { unpackSearchKeys } from '../terms/search-terms.ts';
import type { Attempts } from './attempts.ts';
import type { Inbox } from './inbox.ts';
import type { Lanes } from './lanes.ts';
import type { WorkList } from './work-list.ts';

/** Ends or reschedules deliveries. */
export class Settlements {
  readonly #parts: {
    readonly attempts: Attempts;
    readonly inbox: Inbox;
    readonly lanes: Lanes;
    readonly work: WorkList;
  };
  readonly #read: Statement;
  readonly #end: Statement;
  readonly #reschedule: Statement;
  readonly #reopen: Statement;
  readonly #parentKeys: Statement;

  constructor(database: Database, parts: { attempts: Attempts; inbox: Inbox; lanes: Lanes; work: WorkList }) {
    this.#parts = parts;
    this.#read =
      database.prepare(`SELECT id, message, channel, destination, state, lanes, position, attempts, lease_owner,
      lease_epoch FROM deliveries WHERE id = ?`);
    this.#end =
      database.prepare(`UPDATE deliveries SET state = ?, settled_at = ?, last_error = coalesce(?, last_error),
      lease_until = NULL, lease_epoch = lease_epoch + 1 WHERE id = ?`);
    this.#reschedule = database.prepare(`UPDATE deliveries SET state = ${stateCode.due}, due_at = ?,
      last_error = coalesce(?, last_error), lease_until = NULL, lease_epoch = lease_epoch + 1 WHERE id = ?`);
    this.#reopen = database.prepare(`UPDATE deliveries SET state = ?, position = ?, due_at = ?,
      expires_at = ? + (expires_at - coalesce(reopened_at, created_at)), reopened_at = ?, settled_at = NULL
      WHERE id = ?`);
    this.#parentKeys = database.prepare('SELECT search_keys FROM messages WHERE seq = ?');
  }

  /** Throws BH_STORE_FENCED before anything is written. */
  settle(lease: DeliveryLease, settlement: Settlement): SettleReceipt {
    const row = this.#read.get(lease.id);
    requireHolder(row, lease);
    const { outcome, atMs } = settlement;
    if (outcome.kind === 'delivered') {
      this.#finish(row, 'delivered', atMs, null);
    } else {
      this.#parts.attempts.add(lease.id, row.attempts as number, atMs, outcome.kind, outcome.error);
      if (outcome.kind === 'retry') this.#retry(row, settlement.nextDueAtMs ?? atMs, outcome.error);
      else this.#finish(row, outcome.kind, atMs, outcome.error);
    }
    this.#parts.work.add({
      kind: 'settled',
      messageId: messageId(row.message as number),
      id: lease.id,
      outcome: outcome.kind,
    });
    if (!settlement.answer) return {};
    return { answerId: this.#acceptAnswer(settlement.answer, row.message as number) };
  }

  /** False when the word does not apply to the state that the delivery is in. */
  resolve(id: DeliveryId, word: 'retry' | 'delivered' | 'cancel', nowMs: number): boolean {
    const row = this.#read.get(id);
    if (!row) return false;
    const state = stateOf(row.state as number);
    const isFailed = state === 'dead' || state === 'unknown';
    if (word === 'retry' && isFailed) return this.#bringBack(row, nowMs);
    if (word === 'delivered' && isFailed) return this.#finish(row, 'delivered', nowMs, null, false);
    if (word === 'cancel' && (state === 'queued' || state === 'due'))
      return this.#finish(row, 'cancelled', nowMs, null);
    if (word === 'cancel' && isFailed) return this.#finish(row, 'cancelled', nowMs, null, false);
    if (word === 'retry' && state === 'due') return this.#retry(row, nowMs, null);
    return false;
  }

  #acceptAnswer(answer: NewMessage, parent: number) {
    const inherited = unpackSearchKeys(textOrNull(this.#parentKeys.get(parent)?.search_keys));
    const searchKeys = joinKeys(answer.searchKeys, inherited);
    return this.#parts.inbox.accept({ ...answer, parent: messageId(parent), searchKeys }).id;
  }

  #retry(row: Row, dueAtMs: number, error: Refusal | null): true {
    this.#reschedule.run(dueAtMs, error === null ? null : JSON.stringify(error), row.id as number);
    this.#parts.work.deliveries(row.channel as string, row.destination as string);
    return true;
  }

  #finish(row: Row, state: DeliveryState, atMs: number, error: Refusal | null, holdsLanes = true): true {
    this.#end.run(stateCode[state], atMs, error === null ? null : JSON.stringify(error), row.id as number);
    if (holdsLanes) this.#parts.lanes.leave(row.position as number, lanesOf(row));
    return true;
  }

  #bringBack(row: Row, nowMs: number): true {
    const { position, isFirst } = this.#parts.lanes.reenter(row.id as DeliveryId, lanesOf(row));
    const state = isFirst ? stateCode.due : stateCode.queued;
    this.#reopen.run(state, position, nowMs, nowMs, nowMs, row.id as number);
    if (isFirst) this.#parts.work.deliveries(row.channel as string, row.destination as string);
    return true;
  }
}

const lanesOf = (row: Row): string[] => JSON.parse(row.lanes as string) as string[];

function requireHolder(row: Row | undefined, lease: DeliveryLease): asserts row is Row {
  const holds =
    row?.state === stateCode.leased &&
    row.lease_owner === lease.leaseOwner &&
    row.lease_epoch === lease.leaseEpoch;
  if (!holds)
    throw new BitHiveError('BH_STORE_FENCED', `delivery ${lease.id} is not leased under this epoch`);
}

function joinKeys(own: readonly SearchKey[], inherited: readonly SearchKey[]): SearchKey[] {
  const seen = new Set(own.map(([name, value]) => `${name} ${value}`));
  return [...own, ...inherited.filter(([name, value]) => !seen.has(`${name} ${value}`))];
}
