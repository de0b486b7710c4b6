import type { Json } from '../../core/json.ts';
import type { Message } from '../../core/message.ts';
import type { ProcessedMessage, StateItem, StateRequest, StateValue } from '../../core/ports/index.ts';
import { type LoadedStates, MissingState } from './process-message.ts';

const keyOf = (scope: string, key: string): string => `${scope}\u0000${key}`;

/**
 * States of one batch: what was read from the store, overlaid by what the messages before changed. The batch is committed as a
 * whole, so a later message may rely on it.
 */
export class BatchStates implements LoadedStates {
  readonly #values = new Map<string, Json | undefined>();
  readonly #items = new Map<string, Map<string, Json>>();

  value(scope: string, key: string): Json | undefined | 'not-loaded' {
    const id = keyOf(scope, key);
    return this.#values.has(id) ? this.#values.get(id) : 'not-loaded';
  }

  items(scope: string, key: string): readonly StateItem[] | 'not-loaded' {
    const items = this.#items.get(keyOf(scope, key));
    return items ? [...items].map(([itemKey, value]) => ({ itemKey, value })) : 'not-loaded';
  }

  /** Takes what the store gave for the requests; what it left out does not exist. */
  load(
    requests: readonly StateRequest[],
    values: readonly StateValue[],
    pending: readonly ProcessedMessage[],
  ): void {
    for (const { scope, key, withItems } of requests) {
      const id = keyOf(scope, key);
      const found = values.find((value) => value.scope === scope && value.key === key);
      if (!this.#values.has(id)) this.#values.set(id, found?.value);
      if (!withItems) continue;
      this.#items.set(id, new Map((found?.items ?? []).map((item) => [item.itemKey, item.value])));
      // What earlier messages of this batch wrote and removed is not in the store yet.
      for (const result of pending) this.#takeItems(result, id);
    }
  }

  take(result: ProcessedMessage): void {
    for (const { scope, key, value } of result.states)
      this.#values.set(keyOf(scope, key), value ?? undefined);
    for (const id of this.#items.keys()) this.#takeItems(result, id);
  }

  /** As the store writes them: a removed state takes its items along, then come the new ones. */
  #takeItems(result: ProcessedMessage, id: string): void {
    const items = this.#items.get(id);
    if (result.states.some(({ scope, key, value }) => value === null && keyOf(scope, key) === id))
      items?.clear();
    for (const item of result.items) {
      if (items && keyOf(item.scope, item.key) === id) items.set(item.itemKey, item.value);
    }
  }
}

/** What of one batch may be held in memory before it is committed, and for how long the event loop and the lease may wait for it. */
export interface BatchBudget {
  /** False when enough was done: what is left is for the next batch. Asked after each message. */
  goesOn(results: readonly ProcessedMessage[]): boolean;
}

/**
 * Processes messages in order, reading states as the steps ask for them. Ends early when the budget is used up, and before a message
 * that cannot be prepared: it is the first of the next batch, and is told then. At least one message is processed.
 *
 * @param prepare gives the pure function of one message, after what it needs was loaded
 */
export async function processBatch(
  messages: readonly Message[],
  prepare: (message: Message) => Promise<(states: LoadedStates) => ProcessedMessage | MissingState>,
  read: (requests: readonly StateRequest[]) => Promise<readonly StateValue[]>,
  budget: BatchBudget,
): Promise<readonly ProcessedMessage[]> {
  const states = new BatchStates();
  const results: ProcessedMessage[] = [];
  for (const message of messages) {
    const process = await prepare(message).catch((error: unknown) => {
      // What is done must not wait until this one can be prepared, nor be done again each time that it is tried.
      if (results.length === 0) throw error;
      return null;
    });
    if (process === null) break;
    let result = process(states);
    while (result instanceof MissingState) {
      const requests = [{ scope: result.scope, key: result.key, withItems: result.withItems }];
      states.load(requests, await read(requests), results);
      result = process(states);
    }
    states.take(result);
    results.push(result);
    if (!budget.goesOn(results)) break;
  }
  return results;
}
