import { BitHiveError } from '../../core/errors.ts';
import type { MessageId } from '../../core/ids.ts';
import type { Arrival } from '../../core/message.ts';
import type { Blobs, Clock, Listening, Logger, Metrics, Random, Store } from '../../core/ports/index.ts';
import { boundText } from '../channel/bound-text.ts';
import type { ChannelCatalog } from '../channel/catalog.ts';
import { type CompiledChannel, compileChannel } from '../channel/compile.ts';
import type { MapVersions } from '../channel/map-versions.ts';
import type { Environment } from '../channel/read-yaml.ts';
import { bind } from './acceptor.ts';
import { ChannelRuntime } from './channel-runtime.ts';
import { Moments } from './moments.ts';
import { RetiredDestinations } from './retired-destinations.ts';

/** What the runtime needs of the world. */
export interface EnginePorts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Name of this engine node, unique among those that share a store. */
  readonly owner: string;
}

export interface PipelinesOptions {
  readonly ports: EnginePorts;
  readonly catalog: ChannelCatalog;
  readonly environment: Environment;
  /** From `compileChannels` with the same catalog and environment. */
  readonly channels: readonly CompiledChannel[];
  /** Absent: there is but one map. */
  readonly maps?: MapVersions;
  readonly fallbackCharset?: string;
}

/**
 * All channels of this node. Order of start: recover and work off what is stored, then open the doors. Order of stop: shut the
 * doors, finish what is in hand, leave the rest in the store.
 */
export class Pipelines {
  readonly #ports: EnginePorts;
  readonly #moments: Moments;
  readonly #channels: ReadonlyMap<string, ChannelRuntime>;
  readonly #retired: RetiredDestinations;

  private constructor(
    ports: EnginePorts,
    moments: Moments,
    retired: RetiredDestinations,
    channels: readonly ChannelRuntime[],
  ) {
    this.#ports = ports;
    this.#moments = moments;
    this.#retired = retired;
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
  }

  /** Deploys every channel; nothing runs yet. Throws BH_CONFIG_* when a door or destination cannot be built. */
  static async prepare(options: PipelinesOptions): Promise<Pipelines> {
    const { ports, environment, channels, maps } = options;
    const catalogOf = async (version: number) =>
      maps === undefined ? options.catalog : maps.catalogOf(version);
    const moments = new Moments(ports);
    const retired = new RetiredDestinations(ports, moments);
    const runtimes: ChannelRuntime[] = [];
    for (const plain of channels) {
      const channel = await boundTo(maps?.inForce ?? 0, plain, catalogOf, environment);
      const version = await ports.store.deployChannel(channel.name, channel.text, ports.clock.nowMs());
      const { fallbackCharset } = options;
      runtimes.push(
        await ChannelRuntime.create({
          ports,
          moments,
          retired,
          catalogOf,
          environment,
          compiled: channel,
          version,
          ...(fallbackCharset === undefined ? {} : { fallbackCharset }),
        }),
      );
    }
    return new Pipelines(ports, moments, retired, runtimes);
  }

  get channels(): readonly ChannelRuntime[] {
    return [...this.#channels.values()];
  }

  /** Works off what is stored; what waits for a destination that no channel has any more is ended first. */
  async start(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    for (const { channel, destination, open } of (await this.#ports.store.depths(nowMs)).destinations) {
      if (open > 0 && !this.#channels.get(channel)?.hasDestination(destination)) {
        this.#retired.retire(channel, destination);
      }
    }
    for (const channel of this.channels) channel.start();
  }

  async open(): Promise<readonly Listening[]> {
    const listening: Listening[] = [];
    for (const channel of this.channels) listening.push(...(await channel.open()));
    return listening;
  }

  /**
   * Puts a version of the map in force in every channel that reads one, in one turn: all of them or, when one cannot, none.
   *
   * @returns the channels with the version that each has from here on
   * @throws BH_MAP_DEFINITION, BH_STORE_*
   */
  async deployMap(mapVersion: number): Promise<readonly { channel: string; version: number }[]> {
    const readers = this.channels.filter(({ inForce }) => inForce.compiled.readsMap);
    const prepared = [];
    for (const channel of readers) prepared.push({ channel, next: await channel.prepareMap(mapVersion) });
    for (const { channel, next } of prepared) channel.switchTo(next);
    return prepared.map(({ channel, next }) => ({ channel: channel.name, version: next.version }));
  }

  /**
   * Accepts a stored message again as a new one, bound to the channel version in force and linked to the original. An explicit word
   * of an operator: duplicate detection does not apply.
   *
   * @throws BH_STORE_NOT_FOUND when there is no such message, or its channel is gone
   */
  async replay(id: MessageId): Promise<MessageId> {
    const original = await this.#ports.store.getMessage(id);
    if (!original) throw new BitHiveError('BH_STORE_NOT_FOUND', `message ${id}`);
    const channel = this.#channels.get(original.channel);
    if (!channel) throw new BitHiveError('BH_STORE_NOT_FOUND', `channel ${original.channel} is not running`);
    const { kind, type, sender, contentType, body, searchKeys, facts, keys } = original;
    const arrival = { kind, type, sender, contentType, body, searchKeys, ...(facts ? { facts } : {}) };
    const message = bind(channel.inForce, arrival, this.#ports.clock.nowMs());
    const receipt = await this.#ports.store.accept({ ...message, keys, parent: id, replayOf: id });
    return receipt.id;
  }

  /**
   * Accepts an arrival that came in at no door of the channel: an operator's word.
   *
   * @throws BH_STORE_NOT_FOUND when the channel is not running
   */
  async accept(name: string, arrival: Arrival): Promise<MessageId> {
    const channel = this.#channels.get(name);
    if (!channel) throw new BitHiveError('BH_STORE_NOT_FOUND', `channel ${name} is not running`);
    const message = bind(channel.inForce, arrival, this.#ports.clock.nowMs());
    return (await this.#ports.store.accept(message)).id;
  }

  /**
   * Graceful stop: doors shut and answered first, then the work in hand, then the destinations. `graceMs` for all of it together; but a
   * delivery in flight has a quarter of it in any case, for one that is cut off may end as unknown.
   */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#ports;
    const endMs = clock.monotonicMs() + graceMs;
    await Promise.all(this.channels.map((channel) => channel.shut(graceMs)));
    const leftMs = Math.max(graceMs / 4, endMs - clock.monotonicMs());
    await Promise.all([...this.channels, this.#retired].map((part) => part.stop(leftMs)));
    this.#moments.close();
  }
}

/** A channel as it is under a version of the map. */
async function boundTo(
  mapVersion: number,
  channel: CompiledChannel,
  catalogOf: (version: number) => Promise<ChannelCatalog>,
  environment: Environment,
): Promise<CompiledChannel> {
  if (mapVersion === 0 || !channel.readsMap) return channel;
  const text = boundText(channel.text, mapVersion);
  return compileChannel(text, channel.name, await catalogOf(mapVersion), environment);
}
