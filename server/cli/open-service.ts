import { loadConfig } from '../../config/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { MapDeployment } from '../mapping/map-deployment.ts';
import { MapStore } from '../mapping/map-store.ts';
import { MappingService } from '../mapping/mapping-service.ts';
import { siteOf } from '../mapping/site-map.ts';
import type { OpenFolder } from './data-access.ts';
import type { Call, World } from './verb.ts';

/** The service of the map on a data folder that no engine owns. What is deployed comes into force with the next start. */
export async function openService(
  call: Call,
  world: World,
  { store, blobs }: OpenFolder,
): Promise<MappingService> {
  const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
  const maps = await MapStore.open({ store, clock: systemClock, site: siteOf(config) });
  return new MappingService({ store, blobs, maps, deployment: new MapDeployment(maps) });
}
