import type { ChannelCatalog } from './catalog.ts';

/** The versions of the map that channels are bound to. Version 0: the rows that come with the engine alone. */
export interface MapVersions {
  readonly inForce: number;
  /**
   * What a channel file can name, with the steps of that version.
   *
   * @throws BH_STORE_NOT_FOUND when there is no such version, BH_MAP_DEFINITION when it does not fit the rows of this engine any more
   */
  catalogOf(version: number): Promise<ChannelCatalog>;
}
