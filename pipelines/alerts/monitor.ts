import { toBitHiveError } from '../../core/errors.ts';
import type { Clock, Depths, Gauge, Logger, Metrics, Store } from '../../core/ports/index.ts';
import type { AlertSettings, AlertsOfChannel } from '../channel/definition.ts';
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
    const { store, clock, logger } = this.#options;
    const health = await store.health();
    const nowMs = clock.nowMs();
    const watched = await this.#watched(nowMs).catch((error: unknown) => {
      // A store that cannot be read is itself the alert; of all else nothing new is known.
      logger.warn('alerts.blind', { code: toBitHiveError(error).code });
      return null;
    });
    const found = evaluate({ nowMs, store: health, ...(watched ?? { depths: noDepths, channels: [] }) });
    const now = new Map(found.map((alert) => [alert.id, alert]));
    for (const [id, alert] of now) if (!this.#active.has(id)) await this.#tell('raised', alert);
    for (const [id, alert] of this.#active) {
      const isKnown = watched !== null || alert.kind === 'store';
      if (isKnown && !now.has(id)) await this.#tell('cleared', alert);
    }
    for (const [id, alert] of now) this.#active.set(id, alert);
  }

  async #watched(nowMs: number): Promise<Pick<Snapshot, 'depths' | 'channels'>> {
    const { store, channels, defaults } = this.#options;
    const watched = channels().map(async (channel) => {
      const { name, inForce } = channel;
      const { definition, source } = inForce.compiled;
      const settings = withDefaults(definition.alerts, defaults);
      const sinceMs = nowMs - settings.silenceMinutes * 60_000;
      // Only as far back as it matters: the last message of a quiet channel may lie behind millions of others.
      const [newest] =
        settings.silenceMinutes === 0
          ? []
          : await store.searchMessages({ channel: name, kind: source.kind.messageKind, sinceMs, limit: 1 });
      const lastReceivedAtMs = Math.max(newest?.receivedAtMs ?? 0, this.#startedAtMs);
      return { name, settings, lastReceivedAtMs, unreachable: channel.unreachable };
    });
    return { channels: await Promise.all(watched), depths: await store.depths(nowMs) };
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

const noDepths: Depths = { channels: [], destinations: [] };

function withDefaults(own: AlertsOfChannel, site: AlertSettings): AlertSettings {
  return {
    silenceMinutes: own.silenceMinutes ?? site.silenceMinutes,
    queueMinutes: own.queueMinutes ?? site.queueMinutes,
    deadLetters: own.deadLetters ?? site.deadLetters,
  };
}
