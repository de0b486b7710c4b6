import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Listening, Source } from '../../core/ports/index.ts';
import { boundText, mapVersionOf } from '../channel/bound-text.ts';
import type { ChannelCatalog } from '../channel/catalog.ts';
import { type CompiledChannel, compileChannel, type OpenDestination } from '../channel/compile.ts';
import type { Environment } from '../channel/read-yaml.ts';
import { Acceptor, type ChannelInForce } from './acceptor.ts';
import { Deliverer } from './deliverer.ts';
import type { EnginePorts } from './engine.ts';
import type { Moments } from './moments.ts';
import { Processor } from './processor.ts';
import type { RetiredDestinations } from './retired-destinations.ts';

export interface ChannelRuntimeOptions {
  readonly ports: EnginePorts;
  readonly moments: Moments;
  readonly retired: RetiredDestinations;
  /** What its file can name, by version of the map. */
  readonly catalogOf: (mapVersion: number) => Promise<ChannelCatalog>;
  readonly environment: Environment;
  readonly compiled: CompiledChannel;
  readonly version: number;
  readonly fallbackCharset?: string;
}

/** One running channel: its doors, its processor, its deliverers. */
export class ChannelRuntime {
  readonly name: string;
  readonly #sources: readonly Source[];
  readonly #options: ChannelRuntimeOptions;
  #inForce: ChannelInForce;
  readonly #versions = new Map<number, ChannelInForce>();
  readonly #acceptor: Acceptor;
  readonly #processor: Processor;
  readonly #deliverers: readonly Deliverer[];
  readonly #destinations: readonly OpenDestination[];

  private constructor(
    options: ChannelRuntimeOptions,
    sources: readonly Source[],
    destinations: readonly OpenDestination[],
  ) {
    const { compiled, version, ports, moments, fallbackCharset } = options;
    this.#options = options;
    this.name = compiled.name;
    this.#sources = sources;
    this.#destinations = destinations;
    this.#inForce = { compiled, version, destinations };
    this.#versions.set(version, this.#inForce);
    this.#acceptor = new Acceptor(ports.store, ports.clock, moments);
    const common = { ...ports, channel: compiled.name, moments };
    this.#deliverers = destinations.map((destination) => new Deliverer({ ...common, destination }));
    this.#processor = new Processor({
      ...common,
      deliverers: this.#deliverers,
      versionOf: (wanted) => this.#versionOf(wanted),
      inForce: () => this.#inForce,
      ...(fallbackCharset === undefined ? {} : { fallbackCharset }),
    });
  }

  /** Builds the doors and the destinations; nothing runs yet. Throws BH_CONFIG_* when one cannot be built. */
  static async create(options: ChannelRuntimeOptions): Promise<ChannelRuntime> {
    const { compiled } = options;
    const context = { channel: compiled.name, ack: compiled.definition.ack };
    const sources: Source[] = [];
    for (const { kind, settings } of compiled.sources) sources.push(await kind.create(settings, context));
    const destinations: OpenDestination[] = [];
    for (const destination of compiled.destinations) {
      const named = { channel: compiled.name, name: destination.name };
      destinations.push({ ...destination, open: await destination.kind.create(destination.settings, named) });
    }
    return new ChannelRuntime(options, sources, destinations);
  }

  /** Works off what is stored. The doors stay shut until `open`. */
  start(): void {
    this.#processor.start();
    for (const deliverer of this.#deliverers) deliverer.start();
  }

  /**
   * A version of this channel that is bound to another map: durable, compiled, not yet in force.
   *
   * @throws BH_MAP_DEFINITION, BH_STORE_*
   */
  async prepareMap(mapVersion: number): Promise<ChannelInForce> {
    const { ports, environment, catalogOf, compiled: own } = this.#options;
    const text = boundText(own.text, mapVersion);
    const compiled = compileChannel(text, this.name, await catalogOf(mapVersion), environment);
    const version = await ports.store.deployChannel(this.name, text, ports.clock.nowMs());
    return { compiled, version, destinations: this.#opened(compiled) };
  }

  /** What is accepted from here on is of this version. What was accepted before keeps its own. */
  switchTo(inForce: ChannelInForce): void {
    assert(inForce.compiled.name === this.name, 'a version of this channel');
    this.#versions.set(inForce.version, inForce);
    this.#inForce = inForce;
  }

  async open(): Promise<readonly Listening[]> {
    const listening: Listening[] = [];
    for (const source of this.#sources) {
      const door = await source.start((arrival, stored) =>
        this.#acceptor.accept(this.#inForce, arrival, stored),
      );
      listening.push({ channel: this.name, ...door });
    }
    return listening;
  }

  get inForce(): ChannelInForce {
    return this.#inForce;
  }

  hasDestination(name: string): boolean {
    return this.#destinations.some((destination) => destination.name === name);
  }

  /** Destinations whose breaker is open, by name. */
  get unreachable(): readonly string[] {
    return this.#destinations
      .filter((_, index) => !this.#deliverers[index]?.connected)
      .map(({ name }) => name);
  }

  async shut(graceMs: number): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop(graceMs)));
  }

  /** The deliveries in flight have a quarter of the time in any case. */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options.ports;
    const endMs = clock.monotonicMs() + graceMs;
    await this.#processor.stop((graceMs * 3) / 4);
    const leftMs = Math.max(graceMs / 4, endMs - clock.monotonicMs());
    await Promise.all(this.#deliverers.map((deliverer) => deliverer.stop(leftMs)));
  }

  /** A message is processed by the version that accepted it, whatever was deployed since. */
  async #versionOf(version: number): Promise<ChannelInForce> {
    const known = this.#versions.get(version);
    if (known) return known;
    const { ports, catalogOf, environment } = this.#options;
    const text = await ports.store.channelText(this.name, version);
    if (text === null)
      throw new BitHiveError('BH_STORE_NOT_FOUND', `channel ${this.name} version ${version}`);
    const catalog = await catalogOf(mapVersionOf(text));
    const compiled = compileChannel(text, `${this.name} (version ${version})`, catalog, environment);
    assert(compiled.name === this.name, 'a stored version belongs to its channel');
    const inForce = { compiled, version, destinations: this.#opened(compiled) };
    this.#versions.set(version, inForce);
    return inForce;
  }

  /** An old message never goes to a destination that was added after it came; for one that is gone it leaves a dead delivery. */
  #opened(compiled: CompiledChannel): readonly OpenDestination[] {
    return compiled.destinations.map((wanted) => {
      const running = this.#destinations.find(({ name }) => name === wanted.name);
      return { ...wanted, open: running?.open ?? this.#options.retired.retire(this.name, wanted.name) };
    });
  }
}
