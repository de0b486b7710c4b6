import type { Config } from '../../config/index.ts';
import type { Blobs, Clock, Logger, Store } from '../../core/ports/index.ts';
import type { MapFiles, MapSet } from '../../mappings/index.ts';
import type { SiteSettings } from '../../mappings/site.ts';
import type { ChannelCatalog } from '../../pipelines/channel/catalog.ts';
import type { MapVersions } from '../../pipelines/channel/map-versions.ts';
import { MapDeployment } from '../mapping/map-deployment.ts';
import { MapFollower } from '../mapping/map-follower.ts';
import { MapStore } from '../mapping/map-store.ts';
import { MappingService } from '../mapping/mapping-service.ts';
import { overlayOf } from '../mapping/site-map.ts';

export interface MapParts {
  readonly config: Config;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly site: SiteSettings;
  /** What a channel file can name, with the steps of a map. */
  readonly catalogFor: (maps: MapSet) => ChannelCatalog;
  /** Rows from HL7 v2 to HL7 v2 that lie beside the channels, by path. */
  readonly beside: MapFiles;
  /** Puts a kept version in force in the running channels. */
  readonly switchTo: (version: number) => Promise<readonly { channel: string; version: number }[]>;
}

export interface OpenMaps {
  readonly versions: MapVersions;
  readonly service: MappingService;
  /** Present where other nodes share the store. */
  readonly follower: MapFollower | null;
}

/**
 * The versions of the map that the store keeps; the overlay of the settings is deployed first, where it changed.
 *
 * @throws BH_MAP_DEFINITION with file and line, also when the version in force does not fit the rows of this engine any more
 */
export async function openMaps(parts: MapParts): Promise<OpenMaps> {
  const { config, store, blobs, clock, logger, site, catalogFor, beside, switchTo } = parts;
  const maps = await MapStore.open({ store, clock, site });
  const deployment = new MapDeployment(maps, async (version) => {
    const channels = await switchTo(version);
    logger.info('map.deployed', { version, channels: channels.map(({ channel }) => channel) });
    return channels;
  });
  await deployment.deployAtStart(overlayOf(config), beside, 'settings');
  await maps.map(maps.latest);
  return {
    versions: {
      get inForce() {
        return maps.latest;
      },
      catalogOf: async (version) => catalogFor(await maps.map(version)),
    },
    service: new MappingService({ store, blobs, maps, deployment }),
    follower:
      config.store.kind === 'postgres'
        ? new MapFollower({ maps, switchTo, clock, logger, everyMs: config.store.postgres.pollMs })
        : null,
  };
}
