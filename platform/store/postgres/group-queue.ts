import { BitHiveError, toBitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Logger } from '../../../core/ports/index.ts';

/** The answer to one request of a group; a refusal fails alone. */
export type GroupAnswer<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly error: BitHiveError };

export interface GroupQueueOptions<Request, Result> {
  readonly name: string;
  readonly logger: Logger;
  readonly bytesMax: number;
  readonly bytesOf: (request: Request) => number;
  /** Applies the group in one durable transaction. A rejection rejects them all: nothing was written, or it is not known. */
  readonly apply: (requests: readonly Request[]) => Promise<readonly GroupAnswer<Result>[]>;
}

interface Waiting<Request, Result> {
  readonly request: Request;
  readonly resolve: (value: Result) => void;
  readonly reject: (error: BitHiveError) => void;
}

/**
 * Group commit: what arrives while a group is being written forms the next one, so that they share a round trip and a sync.
 * One queue per kind of work: an accept does not wait behind a settlement, and both syncs may be one to the server.
 */
export class GroupQueue<Request, Result> {
  readonly #options: GroupQueueOptions<Request, Result>;
  #waiting: Waiting<Request, Result>[] = [];
  #running: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: GroupQueueOptions<Request, Result>) {
    this.#options = options;
  }

  /** Resolves after the commit. BH_STORE_BUSY when too much waits. */
  run(request: Request): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new BitHiveError('BH_STORE_CLOSED', 'the store is closed'));
    if (this.#waiting.length >= limits.storeQueueOpsMax) {
      const detail = `${limits.storeQueueOpsMax} operations wait for the database`;
      return Promise.reject(new BitHiveError('BH_STORE_BUSY', detail));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Writes what waits, then ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // After the input of this turn: everything that arrived together shares the group.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commit(this.#next());
    }
    this.#running = null;
  }

  #next(): Waiting<Request, Result>[] {
    const { bytesOf, bytesMax } = this.#options;
    let bytes = 0;
    let count = 0;
    for (const { request } of this.#waiting) {
      bytes += bytesOf(request);
      if (count > 0 && (bytes > bytesMax || count >= limits.storeGroupOpsMax)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(group: readonly Waiting<Request, Result>[]): Promise<void> {
    try {
      const answers = await this.#options.apply(group.map((waiting) => waiting.request));
      for (const [at, { resolve, reject }] of group.entries()) {
        const answer = answers[at]!;
        if (answer.ok) resolve(answer.value);
        else reject(answer.error);
      }
    } catch (error) {
      await this.#failed(group, error);
    }
  }

  /** One request broke a rule of the database: a bug. The others must not suffer for it, so each runs alone. */
  async #failed(group: readonly Waiting<Request, Result>[], cause: unknown): Promise<void> {
    if (!(cause instanceof BitHiveError) && group.length > 1) {
      for (const waiting of group) await this.#commit([waiting]);
      return;
    }
    const error = toBitHiveError(cause);
    if (error.code === 'BH_INTERNAL') {
      this.#options.logger.error('store.operation.failed', { operation: this.#options.name }, cause);
    }
    for (const { reject } of group) reject(error);
  }
}
