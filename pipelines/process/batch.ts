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
      // Items that earlier messages of this batch wrote are not in the store yet.
      for (const result of pending) this.#takeItems(result, id);
    }
  }

  take(result: ProcessedMessage): void {
    for (const { scope, key, value } of result.states) {
      const id = keyOf(scope, key);
      this.#values.set(id, value ?? undefined);
      if (value === null) this.#items.delete(id);
    }
    for (const id of this.#items.keys()) this.#takeItems(result, id);
  }

  #takeItems(result: ProcessedMessage, id: string): void {
    const items = this.#items.get(id);
    for (const item of result.items) {
      if (items && keyOf(item.scope, item.key) === id) items.set(item.itemKey, item.value);
    }
  }
}

/**
 * Processes messages in order, reading states as the steps ask for them.
 *
 * @param process the pure function, for one message
 */
export async function processBatch(
  messages: readonly Message[],
  process: (message: Message, states: LoadedStates) => ProcessedMessage | MissingState,
  read: (requests: readonly StateRequest[]) => Promise<readonly StateValue[]>,
): Promise<readonly ProcessedMessage[]> {
  const states = new BatchStates();
  const results: ProcessedMessage[] = [];
  for (const message of messages) {
    let result = process(message, states);
    while (result instanceof MissingState) {
      const requests = [{ scope: result.scope, key: result.key, withItems: result.withItems }];
      states.load(requests, await read(requests), results);
      result = process(message, states);
    }
    states.take(result);
    results.push(result);
  }
  return results;
}
