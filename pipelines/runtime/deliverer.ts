import type { DeliveryOutcome, LeasedDelivery } from '../../core/delivery.ts';
import { toBitHiveError } from '../../core/errors.ts';
import type { DeliveryId } from '../../core/ids.ts';
import { limits } from '../../core/limits.ts';
import type { Blobs, Clock, DeliveryClaim, Logger, Metrics, Random, Store } from '../../core/ports/index.ts';
import type { OpenDestination } from '../channel/compile.ts';
import { attemptDelivery, settlementOf } from './attempt.ts';
import { Breaker } from './breaker.ts';
import type { Moments } from './moments.ts';
import { Wake } from './wake.ts';

const idleMs = 1_000;
const faultMs = 1_000;

export interface DelivererOptions {
  readonly channel: string;
  readonly owner: string;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly moments: Moments;
  readonly destination: Pick<OpenDestination, 'name' | 'retry' | 'open'>;
}

/** One attempt under way. The lease is replaced when it ran out and was taken again by this process. */
interface InFlight {
  lease: LeasedDelivery;
  readonly controller: AbortController;
}

/**
 * The loop of the verb *deliver* for one destination of one channel: lease what is due, send it, settle it. A result is written under the
 * lease's epoch, so a node that was thought dead cannot overwrite what its successor did.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #wake: Wake;
  readonly #breaker: Breaker;
  readonly #inFlight = new Map<DeliveryId, InFlight>();
  readonly #running = new Set<Promise<void>>();
  readonly #outcomes;
  #done: Promise<void> = Promise.resolve();
  #heartbeat: (() => void) | undefined;
  #closed = false;
  /** Places kept for what the commit under way leases. */
  #reserved = 0;
  /** Whether the outbox may hold deliveries that are due and that nobody took. */
  #isBehind = true;
  /** The last claim; over when what it took is under way. Never rejects. */
  #taking: Promise<unknown> = Promise.resolve();

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#wake = new Wake(options.clock);
    this.#breaker = new Breaker(options.destination.retry, options.random);
    this.#outcomes = options.metrics.counter({
      name: 'bithive_deliveries_total',
      help: 'Attempts to deliver, by outcome',
      labels: ['channel', 'destination', 'outcome'],
    });
  }

  get connected(): boolean {
    return !this.#breaker.isOpen;
  }

  start(): void {
    const { store, channel, destination } = this.#options;
    const stopListening = store.onWork((work) => {
      const mine =
        work.kind === 'deliveries' && work.channel === channel && work.destination === destination.name;
      if (mine || work.kind === 'any') this.#look();
    });
    this.#beat();
    this.#done = this.#run().finally(stopListening);
  }

  /** Takes nothing new; waits for what is in flight until `graceMs` is over, then aborts it. */
  async stop(graceMs: number): Promise<void> {
    this.#wake.stop();
    await this.#done;
    const cancel = this.#options.clock.after(graceMs, () => {
      for (const { controller } of this.#inFlight.values()) controller.abort();
    });
    await Promise.allSettled([...this.#running]);
    cancel();
    this.#closed = true;
    this.#heartbeat?.();
    await this.#options.destination.open.close();
  }

  /**
   * Deliveries that would be sent at once: the commit that makes them leases them too, and `hand` takes them over. Null while older ones
   * wait for a place, for these come first. Each claim must be handed back, with nothing when the commit failed.
   */
  claim(): DeliveryClaim | null {
    const { owner, clock, destination } = this.#options;
    const limit = this.#isBehind || this.#wake.stopped ? 0 : this.#allowed();
    if (limit <= 0) return null;
    this.#reserved += limit;
    return { destination: destination.name, owner, nowMs: clock.nowMs(), leaseMs: limits.leaseMs, limit };
  }

  hand(claim: DeliveryClaim, leased: readonly LeasedDelivery[]): void {
    this.#reserved -= claim.limit;
    for (const delivery of leased) this.#launch(delivery);
    if (this.#isBehind) this.#wake.ring();
  }

  /** Something may be due. */
  #look(): void {
    this.#isBehind = true;
    this.#wake.ring();
  }

  async #run(): Promise<void> {
    while (!this.#wake.stopped) {
      try {
        await this.#leaseDue();
        if (!(await this.#wake.sleep(await this.#idleMs()))) this.#isBehind = true;
      } catch (error) {
        this.#fault('deliverer.fault', error);
        this.#isBehind = true;
        await this.#wake.sleep(faultMs);
      }
    }
  }

  /** Takes what is due and has a place. What rings meanwhile is looked at anew. */
  async #leaseDue(): Promise<void> {
    while (this.#isBehind && !this.#wake.stopped) {
      const limit = this.#allowed();
      if (limit <= 0) return;
      this.#isBehind = false;
      const taking = this.#take(limit);
      this.#taking = Promise.allSettled([taking]);
      await taking;
    }
  }

  async #take(limit: number): Promise<void> {
    this.#reserved += limit;
    try {
      const leased = await this.#lease(limit);
      for (const delivery of leased) this.#launch(delivery);
      if (leased.length === limit) this.#isBehind = true;
    } finally {
      this.#reserved -= limit;
    }
  }

  #free(): number {
    return this.#options.destination.open.concurrency - this.#inFlight.size - this.#reserved;
  }

  /** How many may start now. */
  #allowed(): number {
    return this.#breaker.allow(
      this.#free(),
      this.#inFlight.size + this.#reserved,
      this.#options.clock.monotonicMs(),
    );
  }

  #lease(limit: number): Promise<readonly LeasedDelivery[]> {
    const { store, channel, owner, clock, destination } = this.#options;
    const request = { channel, destination: destination.name, owner, nowMs: clock.nowMs() };
    return store.leaseDeliveries({ ...request, leaseMs: limits.leaseMs, limit });
  }

  async #idleMs(): Promise<number> {
    const { store, channel, clock, destination } = this.#options;
    const nowMs = clock.monotonicMs();
    const waitMs = this.#breaker.waitMs(nowMs);
    if (waitMs > 0) return Math.min(idleMs, waitMs);
    // No place is free, or a probe is out: its end rings.
    if (this.#allowed() <= 0) return idleMs;
    const nextMs = await store.nextDeliveryMs(channel, destination.name);
    return nextMs === null ? idleMs : Math.max(1, Math.min(idleMs, nextMs - clock.nowMs()));
  }

  /**
   * A delivery that is still being sent was leased again: its lease ran out while this process was suspended, or the clock was set.
   * It must not be sent a second time beside the first; the attempt under way goes on under the new lease.
   */
  #launch(lease: LeasedDelivery): void {
    const known = this.#inFlight.get(lease.id);
    if (known) {
      if (lease.leaseEpoch > known.lease.leaseEpoch) known.lease = lease;
      return;
    }
    const attempt: InFlight = { lease, controller: new AbortController() };
    this.#inFlight.set(lease.id, attempt);
    const run = this.#attempt(attempt).finally(() => {
      this.#inFlight.delete(lease.id);
      this.#running.delete(run);
      if (this.#isBehind) this.#wake.ring();
    });
    this.#running.add(run);
  }

  async #attempt(attempt: InFlight): Promise<void> {
    const { clock, destination, channel } = this.#options;
    const { signal } = attempt.controller;
    const outcome = await attemptDelivery(this.#options, attempt.lease, signal);
    this.#outcomes.add(1, { channel, destination: destination.name, outcome: outcome.kind });
    if (this.#breaker.note(outcome.kind, clock.monotonicMs())) {
      const state = this.#breaker.isOpen ? 'destination.unreachable' : 'destination.reachable';
      this.#options.logger.warn(state, { channel, destination: destination.name });
    }
    await this.#settle(attempt, outcome);
  }

  /**
   * Writes what came of the attempt. While the store cannot write, the outcome is held and the lease renewed: what was delivered would
   * else be sent again. It is given up when another owner has it, or on stop; then it is sent again under a higher epoch. One that the store
   * can never take ends as unknown: an operator sees it, and the receiver is not sent the same for ever.
   */
  async #settle(attempt: InFlight, sent: DeliveryOutcome): Promise<void> {
    const { store, moments } = this.#options;
    let outcome = sent;
    for (;;) {
      const settlement = settlementOf(this.#options, attempt.lease, outcome);
      const { lease, controller } = attempt;
      try {
        await store.settleDelivery(lease, settlement);
        return moments.settled(lease.messageId, lease.id, outcome);
      } catch (error) {
        this.#fault('delivery.not-settled', error, lease);
        // Taken again by this process while the settlement was on its way: the outcome holds under the new lease. A claim of the same
        // commit may be about to tell; given up before it does, the message would be sent again.
        await this.#taking;
        if (attempt.lease !== lease) continue;
        if (controller.signal.aborted) return;
        if (!mayPass(error)) {
          if (outcome !== sent || toBitHiveError(error).code !== 'BH_INTERNAL') return;
          outcome = notWritten(sent);
          continue;
        }
      }
      await this.#pause(controller.signal);
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        cancel();
        signal.removeEventListener('abort', over);
        resolve();
      };
      const cancel = this.#options.clock.after(faultMs, over);
      signal.addEventListener('abort', over);
    });
  }

  /** Renews the leases of what is in flight; what was lost is aborted. */
  #beat(): void {
    this.#heartbeat = this.#options.clock.after(limits.leaseMs / 3, () => {
      this.#renew()
        .catch((error) => this.#fault('lease.not-renewed', error))
        .finally(() => {
          if (!this.#closed) this.#beat();
        });
    });
  }

  async #renew(): Promise<void> {
    if (this.#inFlight.size === 0) return;
    const leases = [...this.#inFlight.values()].map(({ lease }) => lease);
    const untilMs = this.#options.clock.nowMs() + limits.leaseMs;
    const kept = new Set(await this.#options.store.renewDeliveries(leases, untilMs));
    // What a claim of this process took anew is not lost.
    await this.#taking;
    for (const lease of leases) {
      const attempt = this.#inFlight.get(lease.id);
      if (!kept.has(lease.id) && attempt?.lease === lease) attempt.controller.abort();
    }
  }

  #fault(event: string, error: unknown, delivery?: LeasedDelivery): void {
    const { channel, destination, logger } = this.#options;
    const { code } = toBitHiveError(error);
    logger.warn(
      event,
      { channel, destination: destination.name, code, delivery_id: delivery?.id },
      code === 'BH_INTERNAL' ? error : undefined,
    );
  }
}

/** What is told in the place of an outcome that cannot be written. One that would be tried again is: nothing came of it. */
function notWritten({ kind }: DeliveryOutcome): DeliveryOutcome {
  const detail = `the outcome of the attempt (${kind}) could not be written, see the log`;
  const error = { code: 'BH_INTERNAL', detail };
  return kind === 'retry' ? { kind, error } : { kind: 'unknown', error };
}

/** Whether the store may take later what it refused now. */
function mayPass(error: unknown): boolean {
  const { code, entry } = toBitHiveError(error);
  return code !== 'BH_INTERNAL' && code !== 'BH_STORE_CLOSED' && !entry.permanent;
}
