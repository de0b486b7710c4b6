import { BitHiveError } from '../../core/errors.ts';
import type { Clock, Store } from '../../core/ports/index.ts';
import { type Hl7ToFhirMap, loadHl7ToFhirMap } from '../../mappings/index.ts';
import type { SiteSettings } from '../../mappings/site.ts';
import { contentHash, type MapRecord, overlayOfRecord, parseRecord, printRecord } from './map-record.ts';

export interface MapStoreOptions {
  readonly store: Pick<Store, 'deployChannel' | 'channelText'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly site: SiteSettings;
}

/** No channel can have this name. */
const definition = 'map/hl7v2-to-fhir';

/**
 * The versions of the map, kept where the versions of the channels are, for they are backed up, restored and shared by the nodes with them. Version 0
 * is the rows that come with the engine alone; each deployment and each rollback is the next version, and none is ever changed.
 */
export class MapStore {
  readonly #options: MapStoreOptions;
  readonly #maps = new Map<number, Hl7ToFhirMap>();
  #latest = 0;

  private constructor(options: MapStoreOptions) {
    this.#options = options;
  }

  static async open(options: MapStoreOptions): Promise<MapStore> {
    const store = new MapStore(options);
    await store.refresh();
    return store;
  }

  /** The highest number. */
  get latest(): number {
    return this.#latest;
  }

  /** Looks for versions of other nodes. */
  async refresh(): Promise<number> {
    const has = async (version: number) => (await this.#text(version)) !== null;
    // Versions have no gaps: double until one is missing, then halve.
    let step = 1;
    let known = this.#latest;
    while (await has(known + step)) {
      known += step;
      step *= 2;
    }
    for (step = Math.floor(step / 2); step >= 1; step = Math.floor(step / 2)) {
      if (await has(known + step)) known += step;
    }
    this.#latest = known;
    return known;
  }

  /** @throws BH_STORE_NOT_FOUND */
  async record(version: number): Promise<MapRecord> {
    if (version === 0) return { from: 'deploy', by: 'the engine', atMs: 0, files: {} };
    const text = await this.#text(version);
    if (text === null) throw new BitHiveError('BH_STORE_NOT_FOUND', `there is no map version ${version}`);
    return parseRecord(text, version);
  }

  /** The compiled map of a version. Throws BH_STORE_NOT_FOUND, BH_MAP_DEFINITION. */
  async map(version: number): Promise<Hl7ToFhirMap> {
    const known = this.#maps.get(version);
    if (known !== undefined) return known;
    const map = this.compile((await this.record(version)).files, `map-version-${version}`);
    this.#maps.set(version, map);
    return map;
  }

  /**
   * Compiles an overlay that is not kept (yet).
   *
   * @param label what places in its files begin with
   * @throws BH_MAP_DEFINITION with file and line
   */
  compile(files: MapRecord['files'], label: string): Hl7ToFhirMap {
    const { site } = this.#options;
    if (Object.keys(files).length === 0) return loadHl7ToFhirMap({ site });
    return loadHl7ToFhirMap({ site, overlay: overlayOfRecord({ files }, label) });
  }

  /** Keeps an overlay as the next version, durably, with what it was compiled to. */
  async keep(record: Omit<MapRecord, 'atMs'>, compiled: Hl7ToFhirMap): Promise<number> {
    const { store, clock } = this.#options;
    const atMs = clock.nowMs();
    const version = await store.deployChannel(definition, printRecord({ ...record, atMs }), atMs);
    this.#latest = Math.max(this.#latest, version);
    this.#maps.set(version, compiled);
    return version;
  }

  /** The newest version that a folder of the settings gave; 0 when none did. */
  async lastFromFolder(): Promise<MapRecord | null> {
    for (let version = this.#latest; version > 0; version--) {
      const record = await this.record(version);
      if (record.from === 'folder') return record;
    }
    return null;
  }

  /** What is in force, by content. */
  async hashOfLatest(): Promise<string> {
    return contentHash((await this.record(this.#latest)).files);
  }

  #text(version: number): Promise<string | null> {
    return this.#options.store.channelText(definition, version);
  }
}
