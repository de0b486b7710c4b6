import { BitHiveError, toBitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Accept, Counter, Listening, Source } from '../../../core/ports/index.ts';
import { beginningArrival } from './poll-arrival.ts';
import { openPollClient, type PollClient } from './poll-client.ts';
import type { FhirPollOptions } from './poll-options.ts';
import { pollRound } from './poll-round.ts';
import { RecentChanges } from './recent-changes.ts';

export interface FhirPollSource extends Source {
  /** Looks at once instead of at the end of the pause: somebody said that there is news. */
  lookNow(): void;
}

/**
 * Asks a FHIR server again and again what changed, so that its changes are messages like any other. At least once: a change is handed over again
 * after a crash, and known by type, id and version.
 */
export function createFhirPollSource(options: FhirPollOptions): FhirPollSource {
  return new PollSource(options);
}

class PollSource implements FhirPollSource {
  readonly #options: FhirPollOptions;
  readonly #stop = new AbortController();
  readonly #recent = new RecentChanges();
  /** How far this process came; the channel's state where it has not looked yet. */
  readonly #cursors = new Map<string, string>();
  readonly #rounds: Counter;
  #client: PollClient | undefined;
  #running: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #isNewsTold = false;
  #isStopping = false;

  constructor(options: FhirPollOptions) {
    this.#options = options;
    this.#rounds = options.ports.metrics.counter({
      name: 'bithive_fhir_poll_rounds_total',
      help: 'Questions to a FHIR server for what changed, by outcome.',
      labels: ['channel', 'outcome'],
    });
  }

  async start(accept: Accept): Promise<Listening> {
    this.#running = this.#loop(accept);
    const { host, pathname } = new URL(this.#options.url);
    return { protocol: 'fhir-poll', host: `${host}${pathname}`, port: 0 };
  }

  /** What is being handed over is waited for; what is being read is asked for again after the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stop.abort();
    this.#wake();
    await this.#running;
    await this.#client?.close();
  }

  lookNow(): void {
    this.#isNewsTold = true;
    this.#wake();
  }

  async #loop(accept: Accept): Promise<void> {
    const { everyMs, types } = this.#options;
    let failures = 0;
    while (!this.#isStopping) {
      this.#isNewsTold = false;
      let hasFailed = false;
      for (const type of types) {
        if (this.#isStopping) break;
        if (!(await this.#look(type, accept))) hasFailed = true;
      }
      failures = hasFailed ? failures + 1 : 0;
      const pauseMs = Math.min(everyMs * 2 ** Math.min(failures, 10), Math.max(everyMs, limits.retryMaxMs));
      await this.#pause(pauseMs);
    }
  }

  /** One round; false when it failed. What the world does is logged and tried again, for ever. */
  async #look(type: string, accept: Accept): Promise<boolean> {
    const { name, ports } = this.#options;
    try {
      await this.#round(type, accept);
      this.#rounds.add(1, { channel: name, outcome: 'done' });
      return true;
    } catch (cause) {
      const { code, detail } = toBitHiveError(cause);
      this.#rounds.add(1, { channel: name, outcome: 'failed' });
      if (!this.#isStopping) ports.logger.warn('fhir.poll.failed', { channel: name, type, code, detail });
      return false;
    }
  }

  async #round(type: string, accept: Accept): Promise<void> {
    const { signal } = this.#stop;
    this.#client ??= await openPollClient(this.#options);
    const client = this.#client;
    const from = await this.#from(type, accept, client, signal);
    const round = { client, options: this.#options, type, from, recent: this.#recent, accept, signal };
    const reached = await pollRound(round);
    if (reached !== undefined && Date.parse(reached) > Date.parse(from)) this.#cursors.set(type, reached);
  }

  /** Where to ask from. The very first round makes its beginning durable: a restart before the first change must not move it. */
  async #from(type: string, accept: Accept, client: PollClient, signal: AbortSignal): Promise<string> {
    const known = this.#cursors.get(type) ?? (await this.#options.readCursor(type));
    if (known !== undefined) {
      this.#cursors.set(type, known);
      return known;
    }
    const moment = this.#options.since ?? (await this.#serverMoment(client, type, signal));
    await accept(beginningArrival(client.base, type, moment));
    this.#cursors.set(type, moment);
    return moment;
  }

  /** Now, by the clock that writes lastUpdated. */
  async #serverMoment(client: PollClient, type: string, signal: AbortSignal): Promise<string> {
    const read = await client.read(`${type}?_count=1&_sort=-_lastUpdated`, signal);
    if (read === undefined)
      throw new BitHiveError('BH_DELIVERY_REFUSED', `the FHIR server does not search ${type}`);
    return new Date(read.serverAtMs ?? this.#options.ports.clock.nowMs()).toISOString();
  }

  #pause(pauseMs: number): Promise<void> {
    if (this.#isStopping || this.#isNewsTold) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.ports.clock.after(pauseMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
