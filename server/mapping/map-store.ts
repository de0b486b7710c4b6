import { BitHiveError } from '../../core/errors.ts';
import type { Clock, Store } from '../../core/ports/index.ts';
import { loadMaps, type MapFiles, type MapSet, ownRowFiles, ownRowsHash } from '../../mappings/index.ts';
import type { SiteSettings } from '../../mappings/site.ts';
import {
  type MapRecord,
  overlayOfRecord,
  parseRecord,
  parseRows,
  printRecord,
  printRows,
  sorted,
} from './map-record.ts';
import { numberOfVersions } from './number-of-versions.ts';

export interface MapStoreOptions {
  readonly store: Pick<Store, 'deployChannel' | 'channelText'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly site: SiteSettings;
}

/** No channel can have this name. */
const definition = 'map/hl7v2-to-fhir';
/** The rows that came with the engines that opened the store. */
const rowsDefinition = 'map/rows';

/**
 * The versions of the map, kept where the versions of the channels are, for they are backed up, restored and shared by the nodes with them. Version 0
 * is the rows that come with the engine alone; each deployment and each rollback is the next version, and none is ever changed.
 */
export class MapStore {
  readonly #options: MapStoreOptions;
  readonly #maps = new Map<number, MapSet>();
  #latest = 0;
  #ownRows = 1;

  private constructor(options: MapStoreOptions) {
    this.#options = options;
  }

  static async open(options: MapStoreOptions): Promise<MapStore> {
    const store = new MapStore(options);
    await store.refresh();
    await store.#keepOwnRows();
    return store;
  }

  /** The rows of this engine, by their number in the store. */
  get ownRows(): number {
    return this.#ownRows;
  }

  /** The highest number. */
  get latest(): number {
    return this.#latest;
  }

  /** Looks for versions of other nodes. */
  async refresh(): Promise<number> {
    this.#latest = await numberOfVersions(
      async (version) => (await this.#text(version)) !== null,
      this.#latest,
    );
    return this.#latest;
  }

  /** @throws BH_STORE_NOT_FOUND */
  async record(version: number): Promise<MapRecord> {
    if (version === 0) return { from: 'deploy', by: 'the engine', atMs: 0, files: {} };
    const text = await this.#text(version);
    if (text === null) throw new BitHiveError('BH_STORE_NOT_FOUND', `there is no map version ${version}`);
    return parseRecord(text, version);
  }

  /** The compiled map of a version. Throws BH_STORE_NOT_FOUND, BH_MAP_DEFINITION. */
  async map(version: number): Promise<MapSet> {
    const known = this.#maps.get(version);
    if (known !== undefined) return known;
    const map = await this.compile(await this.record(version), `map-version-${version}`);
    this.#maps.set(version, map);
    return map;
  }

  /**
   * Compiles a version that is not kept (yet).
   *
   * @param label what places in its files begin with
   * @throws BH_MAP_DEFINITION with file and line
   */
  async compile(record: Pick<MapRecord, 'files' | 'beside' | 'rows'>, label: string): Promise<MapSet> {
    const { site } = this.#options;
    const { files, beside, rows = 1 } = record;
    return loadMaps({
      site,
      ...(Object.keys(files).length === 0 ? {} : { overlay: overlayOfRecord({ files }, label) }),
      ...(beside === undefined ? {} : { beside: sorted(beside) }),
      ...(rows === this.#ownRows ? {} : { rows: await this.#rowsOf(rows) }),
    });
  }

  /** Keeps an overlay as the next version, durably, with what it was compiled to. */
  async keep(record: Omit<MapRecord, 'atMs'>, compiled: MapSet): Promise<number> {
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

  /** Whether no version has the rows of this engine yet: it is another release than the one before. */
  async isOfOtherRelease(): Promise<boolean> {
    if (this.#ownRows === 1) return false;
    for (let version = this.#latest; version > 0; version--)
      if ((await this.record(version)).rows === this.#ownRows) return false;
    return true;
  }

  /**
   * The rows of a release are kept, so that what was accepted under it is converted by them after an upgrade. A version without a number
   * has the first: before there were others, none was named.
   */
  async #keepOwnRows(): Promise<void> {
    const { store, clock } = this.#options;
    const latest = await numberOfVersions(
      async (number) => (await store.channelText(rowsDefinition, number)) !== null,
    );
    const hash = ownRowsHash();
    const text = latest === 0 ? null : await store.channelText(rowsDefinition, latest);
    if (text !== null && parseRows(text).hash === hash) {
      this.#ownRows = latest;
      return;
    }
    this.#ownRows = await store.deployChannel(rowsDefinition, printRows(hash, ownRowFiles()), clock.nowMs());
  }

  async #rowsOf(number: number): Promise<MapFiles> {
    const text = await this.#options.store.channelText(rowsDefinition, number);
    if (text === null)
      throw new BitHiveError('BH_STORE_NOT_FOUND', `the store has no rows of release ${number}`);
    return parseRows(text).files;
  }

  #text(version: number): Promise<string | null> {
    return this.#options.store.channelText(definition, version);
  }
}
