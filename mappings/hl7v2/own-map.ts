import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMapFiles } from './compiler/map-files.ts';
import { type MapFolder, readMapFolder } from './compiler/read-folder.ts';

const folder = dirname(fileURLToPath(import.meta.url));
let own: MapFolder | undefined;

/** The rows that come with the engine, read once. Throws BH_MAP_DEFINITION. */
export function ownMap(): MapFolder {
  own ??= readMapFolder(readMapFiles(folder));
  return own;
}
