import { BitHiveError } from '../../core/errors.ts';
import { type MapFiles, type Overlay, refuseStrangers } from '../../mappings/index.ts';
import { contentHash, type MapRecord } from './map-record.ts';
import type { MapStore } from './map-store.ts';

/** What a deployment or a rollback did. */
export interface Deployed {
  /** The version in force now. */
  readonly version: number;
  /** Of the overlay; `none`: the rows that come with the engine alone. */
  readonly overlay: string;
  /** As Provenance names it. */
  readonly map: string;
  /** False: the same was in force already, and stays. */
  readonly changed: boolean;
  /** The channels that read it, and the version that each has now; none where no engine runs. */
  readonly channels: readonly { readonly channel: string; readonly version: number }[];
}

/** A version as a list shows it. */
export interface MapVersionView {
  readonly version: number;
  readonly inForce: boolean;
  readonly at: string;
  readonly by: string;
  readonly from: MapRecord['from'];
  readonly of?: number;
  readonly note?: string;
  readonly overlay: string;
  readonly files: readonly string[];
}

type Switch = (version: number) => Promise<Deployed['channels']>;

type Content = Pick<MapRecord, 'files' | 'beside' | 'rows'>;

const isSame = (one: Content, other: Content): boolean =>
  contentHash(one.files) === contentHash(other.files) &&
  contentHash(one.beside ?? {}) === contentHash(other.beside ?? {}) &&
  (one.rows ?? 1) === (other.rows ?? 1);

/** Puts versions of the map in force, one after another. */
export class MapDeployment {
  readonly #store: MapStore;
  readonly #switchTo: Switch;
  #last: Promise<unknown> = Promise.resolve();

  /** @param switchTo puts a kept version in force in the running channels */
  constructor(store: MapStore, switchTo: Switch = async () => []) {
    this.#store = store;
    this.#switchTo = switchTo;
  }

  /**
   * Compiles an overlay, keeps it as the next version and puts it in force.
   *
   * @throws BH_MAP_DEFINITION with file and line; nothing is kept then
   */
  deploy(given: Pick<MapRecord, 'files' | 'by' | 'note'>): Promise<Deployed> {
    return this.#inTurn(async () => {
      const { beside } = await this.#store.record(this.#store.latest);
      const rows = this.#store.ownRows;
      return this.#put({ ...given, from: 'deploy', rows, ...(beside === undefined ? {} : { beside }) });
    });
  }

  /**
   * Puts an earlier version in force again, as a new one.
   *
   * @param to absent: the one before that in force; before one that was itself a rollback, the one before what it went back to
   * @throws BH_STORE_NOT_FOUND when there is no such version; BH_HTTP_CONFLICT when there is none to go back to
   */
  rollback(by: string, to?: number): Promise<Deployed> {
    return this.#inTurn(async () => {
      const { latest } = this.#store;
      if (latest === 0)
        throw new BitHiveError('BH_HTTP_CONFLICT', 'no map was deployed: there is nothing to go back to');
      const inForce = await this.#store.record(latest);
      const wanted = to ?? (inForce.of ?? latest) - 1;
      if (wanted < 0)
        throw new BitHiveError('BH_HTTP_CONFLICT', 'the rows that come with the engine are in force');
      const { files, beside, rows = 1 } = await this.#store.record(wanted);
      const repeated = { files, rows, ...(beside === undefined ? {} : { beside }) };
      return this.#put({ ...repeated, by, from: 'rollback', of: wanted });
    });
  }

  /**
   * At start: the overlay of the settings and the rows beside the channels, where they are others than at the last start; the rows of this
   * engine, where it is another release. A rollback is not undone by a restart, and a file that was edited is not forgotten.
   */
  async deployAtStart(overlay: Overlay | undefined, beside: MapFiles, by: string): Promise<void> {
    const store = this.#store;
    const inForce = await store.record(store.latest);
    const last = await store.lastFromFolder();
    const folderBefore = last === null ? 'none' : (last.folder ?? contentHash(last.files));
    const folder = overlay === undefined ? folderBefore : contentHash(Object.fromEntries(overlay.files));
    const besideNow = Object.fromEntries(beside);
    const isMoved = contentHash(besideNow) !== contentHash(last?.beside ?? {});
    const isRelease = await store.isOfOtherRelease();
    if (folder === folderBefore && !isMoved && !isRelease) return;
    const record = {
      from: folder !== folderBefore || isMoved ? ('folder' as const) : ('release' as const),
      files:
        overlay !== undefined && folder !== folderBefore ? Object.fromEntries(overlay.files) : inForce.files,
      beside: isMoved ? besideNow : (inForce.beside ?? {}),
      rows: isRelease ? store.ownRows : (inForce.rows ?? 1),
      folder,
      by,
    };
    await store.keep(record, await store.compile(record, overlay?.label ?? 'overlay'));
  }

  /** Newest first. */
  async versions(limit: number): Promise<readonly MapVersionView[]> {
    const { latest } = this.#store;
    const views: MapVersionView[] = [];
    for (let version = latest; version >= 0 && views.length < limit; version--) {
      const { from, of, note, by, atMs, files } = await this.#store.record(version);
      views.push({
        version,
        inForce: version === latest,
        at: new Date(atMs).toISOString(),
        by,
        from,
        ...(of === undefined ? {} : { of }),
        ...(note === undefined ? {} : { note }),
        overlay: contentHash(files),
        files: Object.keys(files),
      });
    }
    return views;
  }

  async #put(record: Omit<MapRecord, 'atMs'>): Promise<Deployed> {
    refuseStrangers(Object.keys(record.files), 'overlay');
    const maps = await this.#store.compile(record, 'overlay');
    const map = maps.hl7ToFhir.version;
    const overlay = contentHash(record.files);
    const before = this.#store.latest;
    if (isSame(record, await this.#store.record(before)))
      return { version: before, overlay, map, changed: false, channels: [] };
    const version = await this.#store.keep(record, maps);
    return { version, overlay, map, changed: true, channels: await this.#switchTo(version) };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    // Who asked is told of a failure; the next in line goes on.
    this.#last = Promise.allSettled([turn]);
    return turn;
  }
}
