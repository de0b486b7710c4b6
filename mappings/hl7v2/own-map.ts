import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MapFiles, readMapFiles } from './compiler/map-files.ts';
import { readParsedRows } from './compiler/parsed-rows.ts';
import { type MapFolder, readMapFolder } from './compiler/read-folder.ts';

const folder = dirname(fileURLToPath(import.meta.url));
/** Where the build leaves what it parsed. */
export const parsedRowsPath = join(folder, 'parsed-rows.json');
let files: MapFiles | undefined;
let own: MapFolder | undefined;

/** The texts of the rows that come with the engine, by path. Throws BH_MAP_DEFINITION. */
export function ownMapFiles(): MapFiles {
  files ??= readMapFiles(folder);
  return files;
}

/** The rows that come with the engine, read once. Throws BH_MAP_DEFINITION. */
export function ownMap(): MapFolder {
  own ??= readMapFolder(ownMapFiles(), readParsedRows(parsedRowsPath, ownMapFiles()));
  return own;
}
