import { BitHiveError, type ErrorCode } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Clock, Logger, Work } from '../../../core/ports/index.ts';
import type {
  GroupResult,
  Operation,
  OperationName,
  OperationResult,
  Operations,
  Received,
} from './operations.ts';
import { bodyBytesOf } from './operations.ts';
import type { GroupRunner } from './runner.ts';

interface Waiting {
  readonly operation: Operation;
  readonly bytesCount: number;
  readonly resolve: (value: never) => void;
  readonly reject: (error: BitHiveError) => void;
}

export interface GroupCommitOptions {
  readonly runner: GroupRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onWork: (work: readonly Work[]) => void;
  /** Before anybody is answered. */
  readonly onReceived: (received: readonly Received[]) => void;
  /** Called around recovery, so that no other connection holds the file. */
  readonly beforeRecovery: () => void;
  readonly afterRecovery: () => void;
}

/** What comes through a door, whose sender can be told to come again. */
const fromOutside: ReadonlySet<OperationName> = new Set(['accept', 'appendAudit']);
/** Turns of the event loop, some ten microseconds each, that a group waits at most for what is about to come. */
const gatherTurnsMax = 16;
const recoverFirstMs = 100;
const recoverMaxMs = 30_000;

/**
 * Group commit: what arrives while a group is being written forms the next one. One slow sync then delays many operations
 * once, instead of each by its own.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #lastGroupOps = 0;
  #running: Promise<void> | null = null;
  #state: 'open' | 'recovering' | 'closing' = 'open';
  #isDiskFull = false;
  #cancelRecovery: () => void = () => {};
  /** The attempt that is under way; never rejects. */
  #recovery: Promise<void> = Promise.resolve();

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The last group found no room. The engine's own leases are renewed all the time, so this ends by itself. */
  get isDiskFull(): boolean {
    return this.#isDiskFull;
  }

  /** Resolves after the commit is durable. BH_STORE_BUSY when too much waits, BH_STORE_IO while the store recovers. */
  run<Name extends OperationName>(
    name: Name,
    request: Operations[Name]['request'],
  ): Promise<Operations[Name]['result']> {
    const operation = { name, request } as unknown as Operation;
    const bytesCount = bodyBytesOf(operation);
    const refusal = this.#refusal(name, bytesCount);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, bytesCount, resolve: resolve as (value: never) => void, reject });
      this.#waitingBytes += bytesCount;
      this.#schedule();
    });
  }

  /** Writes what waits, then ends. */
  async close(): Promise<void> {
    this.#state = 'closing';
    this.#cancelRecovery();
    await this.#recovery;
    while (this.#running || this.#waiting.length > 0) await (this.#running ?? this.#turn());
    await this.#options.runner.close();
  }

  #refusal(name: OperationName, bytesCount: number): BitHiveError | null {
    if (this.#state === 'closing') return new BitHiveError('BH_STORE_CLOSED', 'the store is closed');
    if (this.#state === 'recovering') return new BitHiveError('BH_STORE_IO', 'the store is recovering');
    // What the engine itself writes is bounded by its own concurrency; refused, it would do the same work, or send the same message, twice.
    if (!fromOutside.has(name)) return null;
    if (this.#waiting.length >= limits.storeQueueOpsMax) {
      return new BitHiveError('BH_STORE_BUSY', `${limits.storeQueueOpsMax} operations wait for the disk`);
    }
    if (this.#waitingBytes + bytesCount <= limits.storeQueueBytesMax) return null;
    return new BitHiveError('BH_STORE_BUSY', `${limits.storeQueueBytesMax} bytes wait for the disk`);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#running || this.#state !== 'open') return;
    this.#isScheduled = true;
    this.#gather(gatherTurnsMax, 0);
  }

  /**
   * After the input of this turn: everything that arrived together shares the group. Senders that wait for answers send again as they get them,
   * a few in each turn of the loop; as long as more come than came before, and the last group was larger, the group waits for them.
   */
  #gather(turns: number, before: number): void {
    setImmediate(() => {
      const count = this.#waiting.length;
      if (turns > 0 && count > before && count < this.#lastGroupOps && !this.#running) {
        this.#gather(turns - 1, count);
        return;
      }
      this.#isScheduled = false;
      if (!this.#running) void this.#turn();
    });
  }

  #turn(): Promise<void> {
    const group = this.#takeGroup();
    if (group.length === 0) return Promise.resolve();
    this.#lastGroupOps = group.length;
    this.#running = this.#commit(group).finally(() => {
      this.#running = null;
      if (this.#waiting.length > 0) this.#schedule();
    });
    return this.#running;
  }

  /** In order; at least one, however large. */
  #takeGroup(): Waiting[] {
    let count = 0;
    let bytesCount = 0;
    while (count < Math.min(this.#waiting.length, limits.storeGroupOpsMax)) {
      const next = this.#waiting[count]!.bytesCount;
      if (count > 0 && bytesCount + next > limits.storeGroupBytesMax) break;
      bytesCount += next;
      count += 1;
    }
    this.#waitingBytes -= bytesCount;
    return this.#waiting.splice(0, count);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const outcome = await this.#apply(group);
    this.#isDiskFull = outcome.results.some((result) => !result.ok && result.code === 'BH_STORE_FULL');
    this.#options.onReceived(outcome.received);
    for (const [at, waiting] of group.entries()) this.#answer(waiting, outcome.results[at]!);
    if (outcome.work.length > 0) this.#options.onWork(outcome.work);
    if (outcome.failed && this.#state !== 'closing') this.#startRecovery();
  }

  /** A runner that is gone (its thread died) is a failed store, not an unhandled rejection. */
  async #apply(group: readonly Waiting[]): Promise<GroupResult> {
    try {
      return await this.#options.runner.run(group.map((waiting) => waiting.operation));
    } catch (cause) {
      const lost: OperationResult = {
        ok: false,
        code: 'BH_STORE_IO',
        detail: 'the writer of the store stopped',
        cause,
      };
      return { results: group.map(() => lost), work: [], received: [], failed: true };
    }
  }

  #answer(waiting: Waiting, result: OperationResult): void {
    if (result.ok) {
      waiting.resolve(result.value as never);
      return;
    }
    if (result.code === 'BH_INTERNAL') {
      this.#options.logger.error(
        'store.operation.failed',
        { operation: waiting.operation.name },
        result.cause,
      );
    }
    waiting.reject(new BitHiveError(result.code as ErrorCode, result.detail, { cause: result.cause }));
  }

  #startRecovery(): void {
    this.#state = 'recovering';
    this.#waitingBytes = 0;
    for (const waiting of this.#waiting.splice(0)) {
      waiting.reject(new BitHiveError('BH_STORE_IO', 'the store is recovering'));
    }
    this.#options.beforeRecovery();
    this.#recoverAfter(recoverFirstMs);
  }

  #recoverAfter(delayMs: number): void {
    this.#cancelRecovery = this.#options.clock.after(delayMs, () => {
      if (this.#state !== 'recovering') return;
      this.#recovery = this.#options.runner
        .recover()
        .then(() => this.#recovered())
        .catch((cause: unknown) => {
          this.#options.logger.error('store.recovery.failed', { nextMs: delayMs * 2 }, cause);
          if (this.#state === 'recovering') this.#recoverAfter(Math.min(delayMs * 2, recoverMaxMs));
        });
    });
  }

  #recovered(): void {
    if (this.#state !== 'recovering') return;
    this.#options.afterRecovery();
    this.#state = 'open';
    this.#options.logger.warn('store.recovered');
    this.#options.onWork([{ kind: 'any' }]);
  }
}
