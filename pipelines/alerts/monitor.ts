import { toBitHiveError } from '../../core/errors.ts';
import type { Clock, Gauge, Logger, Metrics, Store } from '../../core/ports/index.ts';
import type { AlertSettings } from '../channel/definition.ts';
import type { ChannelRuntime } from '../runtime/channel-runtime.ts';
import { type Alert, evaluate, type Snapshot } from './evaluate.ts';

export interface AlertChange {
  readonly change: 'raised' | 'cleared';
  readonly alert: Alert;
  readonly atMs: number;
}

export interface AlertMonitorOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly channels: () => readonly ChannelRuntime[];
  /** Tells the outside (a webhook). A failure is logged and does not stop the watch. */
  readonly notify?: (change: AlertChange) => Promise<void>;
  /** The site's limits, for channels that state none. */
  readonly defaults: AlertSettings;
  readonly everyMs: number;
}

/** Looks at the engine again and again; tells once when an alert begins and once when it ends. */
export class AlertMonitor {
  readonly #options: AlertMonitorOptions;
  readonly #active = new Map<string, Alert>();
  readonly #gauge: Gauge;
  readonly #startedAtMs: number;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: AlertMonitorOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
    this.#gauge = options.metrics.gauge({
      name: 'bithive_alerts_active',
      help: '1 while the alert lasts',
      labels: ['alert', 'channel', 'destination'],
    });
  }

  get active(): readonly Alert[] {
    return [...this.#active.values()];
  }

  start(): void {
    this.#cancel = this.#options.clock.after(this.#options.everyMs, () => {
      this.look()
        .catch((error) =>
          this.#options.logger.warn('alerts.fault', { code: toBitHiveError(error).code }, error),
        )
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** One look; exported for tests and for `status`. */
  async look(): Promise<void> {
    const now = new Map(evaluate(await this.#snapshot()).map((alert) => [alert.id, alert]));
    for (const [id, alert] of now) if (!this.#active.has(id)) await this.#tell('raised', alert);
    for (const [id, alert] of this.#active) if (!now.has(id)) await this.#tell('cleared', alert);
    for (const [id, alert] of now) this.#active.set(id, alert);
  }

  async #snapshot(): Promise<Snapshot> {
    const { store, clock, channels, defaults } = this.#options;
    const nowMs = clock.nowMs();
    const watched = channels().map(async (channel) => {
      const { name, inForce } = channel;
      const newest = await store.searchMessages({
        channel: name,
        kind: inForce.compiled.source.kind.messageKind,
        limit: 1,
      });
      const lastReceivedAtMs = Math.max(newest[0]?.receivedAtMs ?? 0, this.#startedAtMs);
      const settings = { ...defaults, ...inForce.compiled.definition.alerts } as AlertSettings;
      return { name, settings, lastReceivedAtMs, unreachable: channel.unreachable };
    });
    const health = await store.health();
    return { nowMs, depths: await store.depths(nowMs), store: health, channels: await Promise.all(watched) };
  }

  async #tell(change: AlertChange['change'], alert: Alert): Promise<void> {
    const { clock, logger, notify } = this.#options;
    if (change === 'raised') this.#active.set(alert.id, alert);
    else this.#active.delete(alert.id);
    const labels = { alert: alert.kind, channel: alert.channel ?? '', destination: alert.destination ?? '' };
    this.#gauge.set(change === 'raised' ? 1 : 0, labels);
    logger.warn(`alert.${change}`, { ...labels, text: alert.text });
    try {
      await notify?.({ change, alert, atMs: clock.nowMs() });
    } catch (error) {
      logger.warn('alert.not-sent', { code: toBitHiveError(error).code }, error);
    }
  }
}
