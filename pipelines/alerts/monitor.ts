import { toBitHiveError } from '../../core/errors.ts';
import type { Clock, Depths, Gauge, Logger, Metrics, Store } from '../../core/ports/index.ts';
import type { AlertSettings, AlertsOfChannel } from '../channel/definition.ts';
import type { ChannelRuntime } from '../runtime/channel-runtime.ts';
import { parseHeldList } from '../study/held-reports.ts';
import { heldListKey, heldListScope } from '../study/scopes.ts';
import { type Alert, evaluate, type Snapshot } from './evaluate.ts';
import { type AlertMemory, noAlertMemory } from './memory.ts';

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
  /** Absent: what was raised is forgotten with the process. */
  readonly memory?: AlertMemory;
  /** The site's limits, for channels that state none. */
  readonly defaults: AlertSettings;
  readonly everyMs: number;
  /** The data folder, and below how many free bytes it is told. */
  readonly disk?: { readonly freeBytes: () => Promise<number>; readonly freeBytesWarn: number };
}

/** Looks at the engine again and again; tells once when an alert begins and once when it ends. */
export class AlertMonitor {
  readonly #options: AlertMonitorOptions;
  readonly #active = new Map<string, Alert>();
  readonly #gauge: Gauge;
  readonly #startedAtMs: number;
  readonly #memory: AlertMemory;
  /** Raised by an earlier run, and not yet confirmed or ended by what this one saw itself. */
  readonly #recalled = new Set<string>();
  #recalling: Promise<void> | undefined;
  #isSaved = true;
  #cancel: () => void = () => {};
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: AlertMonitorOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
    this.#memory = options.memory ?? noAlertMemory;
    this.#gauge = options.metrics.gauge({
      name: 'bithive_alerts_active',
      help: '1 while the alert lasts',
      labels: ['alert', 'channel', 'destination'],
    });
  }

  get active(): readonly Alert[] {
    return [...this.#active.values()];
  }

  /** Resolves when what an earlier run raised is known again. */
  async start(): Promise<void> {
    await this.#recall();
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(this.#options.everyMs, () => {
      this.#round = this.look()
        .catch((error) =>
          this.#options.logger.warn('alerts.fault', { code: toBitHiveError(error).code }, error),
        )
        .finally(() => {
          if (!this.#stopped) this.#schedule();
        });
    });
  }

  /** Ends after the look in hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#round;
  }

  #recall(): Promise<void> {
    this.#recalling ??= this.#memory.load().then(
      (raised) => {
        for (const alert of raised) {
          this.#recalled.add(alert.id);
          this.#active.set(alert.id, alert);
          this.#gauge.set(1, labelsOf(alert));
        }
      },
      // The watch goes on without it: the worst is an alert that is raised twice.
      (error: unknown) =>
        this.#options.logger.warn('alerts.forgotten', { code: toBitHiveError(error).code }, error),
    );
    return this.#recalling;
  }

  /** One look; exported for tests and for `status`. */
  async look(): Promise<void> {
    await this.#recall();
    const { store, clock, logger } = this.#options;
    const health = await store.health();
    const nowMs = clock.nowMs();
    const watched = await this.#watched(nowMs).catch((error: unknown) => {
      // A store that cannot be read is itself the alert; of all else nothing new is known.
      logger.warn('alerts.blind', { code: toBitHiveError(error).code });
      return null;
    });
    const disk = await this.#disk();
    const found = evaluate({
      nowMs,
      store: health,
      ...disk,
      ...(watched ?? { depths: noDepths, channels: [] }),
    });
    const now = new Map(found.map((alert) => [alert.id, alert]));
    for (const [id, alert] of now) if (!this.#active.has(id)) await this.#tell('raised', alert);
    for (const [id, alert] of this.#active) {
      const isKnown = watched !== null || alert.kind === 'store';
      if (isKnown && !now.has(id)) await this.#tell('cleared', alert);
    }
    for (const [id, alert] of now) this.#active.set(id, alert);
    await this.#save();
  }

  /** After the telling: a crash between the two tells once more, where the other order would keep silent. */
  async #save(): Promise<void> {
    if (this.#isSaved) return;
    try {
      await this.#memory.save(this.active);
      this.#isSaved = true;
    } catch (error) {
      this.#options.logger.warn('alerts.not-kept', { code: toBitHiveError(error).code }, error);
    }
  }

  /** A disk that cannot be asked is the store's fault to tell. */
  async #disk(): Promise<Pick<Snapshot, 'disk'>> {
    const { disk, logger } = this.#options;
    if (disk === undefined) return {};
    try {
      return { disk: { freeBytes: await disk.freeBytes(), freeBytesWarn: disk.freeBytesWarn } };
    } catch (error) {
      logger.warn('alerts.blind', { code: toBitHiveError(error).code });
      return {};
    }
  }

  async #watched(nowMs: number): Promise<Pick<Snapshot, 'depths' | 'channels'>> {
    const { store, channels, defaults } = this.#options;
    const depths = await store.depths(nowMs);
    const watched = channels().map(async (channel) => {
      const { name, inForce } = channel;
      const { definition, messageKind } = inForce.compiled;
      const settings = withDefaults(definition.alerts, defaults);
      const sinceMs = nowMs - settings.silenceMinutes * 60_000;
      // Only as far back as it matters: the last message of a quiet channel may lie behind millions of others.
      const [newest] =
        settings.silenceMinutes === 0
          ? []
          : await store.listMessages({ channel: name, kind: messageKind, sinceMs, limit: 1 });
      // A silence that an earlier run told is not broken by a restart.
      const sinceAtLeastMs = this.#recalled.has(`silence|${name}`) ? 0 : this.#startedAtMs;
      const lastReceivedAtMs = Math.max(newest?.receivedAtMs ?? 0, sinceAtLeastMs);
      const unreachable = [...channel.unreachable, ...this.#notYetReached(channel, depths)];
      const scope = heldListScope(name);
      const [held] = await store.readStates([{ scope, key: heldListKey, withItems: false }]);
      const heldReports = parseHeldList(held?.value).studies.length;
      return { name, settings, lastReceivedAtMs, unreachable, heldReports };
    });
    return { channels: await Promise.all(watched), depths };
  }

  /**
   * Destinations that an earlier run could not reach. A new process has tried nothing and would call them reachable; they are so when
   * nothing waits any more that waited then.
   */
  #notYetReached({ name, unreachable }: ChannelRuntime, depths: Depths): readonly string[] {
    for (const destination of unreachable) this.#recalled.delete(`disconnected|${name}|${destination}`);
    return depths.destinations
      .filter(
        ({ channel, destination, open, oldestCreatedAtMs }) =>
          channel === name &&
          this.#recalled.has(`disconnected|${name}|${destination}`) &&
          open > 0 &&
          (oldestCreatedAtMs ?? this.#startedAtMs) < this.#startedAtMs,
      )
      .map(({ destination }) => destination);
  }

  async #tell(change: AlertChange['change'], alert: Alert): Promise<void> {
    const { clock, logger, notify } = this.#options;
    if (change === 'raised') this.#active.set(alert.id, alert);
    else this.#active.delete(alert.id);
    this.#recalled.delete(alert.id);
    this.#isSaved = false;
    const labels = labelsOf(alert);
    this.#gauge.set(change === 'raised' ? 1 : 0, labels);
    logger.warn(`alert.${change}`, { ...labels, text: alert.text });
    try {
      await notify?.({ change, alert, atMs: clock.nowMs() });
    } catch (error) {
      logger.warn('alert.not-sent', { code: toBitHiveError(error).code }, error);
    }
  }
}

const labelsOf = ({ kind, channel = '', destination = '' }: Alert) => ({ alert: kind, channel, destination });

const noDepths: Depths = { channels: [], destinations: [] };

function withDefaults(own: AlertsOfChannel, site: AlertSettings): AlertSettings {
  return {
    silenceMinutes: own.silenceMinutes ?? site.silenceMinutes,
    queueMinutes: own.queueMinutes ?? site.queueMinutes,
    deadLetters: own.deadLetters ?? site.deadLetters,
  };
}
