import { resolve } from 'node:path';
import type { Config } from '../../config/index.ts';
import { type Overlay, readOverlay } from '../../mappings/index.ts';
import { overlayOf } from '../mapping/site-map.ts';
import type { Call, VerbFlag, World } from './verb.ts';

export const overlayFlag: VerbFlag = {
  name: 'overlay',
  takes: 'FOLDER',
  description: "The site's overlay. The folder of the setting mappings.folder when absent.",
};

/** The overlay that a command line names, else that of the settings. Throws BH_MAP_DEFINITION. */
export function overlayOfCall(call: Call, world: World, config: Config): Overlay | undefined {
  const folder = call.flag(overlayFlag.name);
  return folder === undefined ? overlayOf(config) : readOverlay(resolve(world.cwd, folder), folder);
}
