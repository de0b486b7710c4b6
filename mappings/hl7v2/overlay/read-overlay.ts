import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { type Overlay, refuseStrangers } from './overlay.ts';

/** Beside the rows: tests, notes, what editors and version control leave. */
const isBeside = (path: string): boolean => /^(tests\/|README|LICENSE|\.)|(^|\/)\.|~$/.test(path);

/**
 * Reads the folder of an overlay.
 *
 * @throws BH_MAP_DEFINITION when it cannot be read, is too large, or holds a file that no part of a map has
 */
export function readOverlay(folder: string, label: string = folder): Overlay {
  const paths = pathsIn(folder).filter((path) => !isBeside(path));
  refuseStrangers(paths, label);
  const files = new Map<string, string>();
  let chars = 0;
  for (const path of paths) {
    const text = readFileSync(join(folder, path), 'utf8');
    chars += text.length;
    if (chars > limits.mapOverlayCharsMax)
      throw new BitHiveError('BH_MAP_DEFINITION', `${label}: over ${limits.mapOverlayCharsMax} characters`);
    files.set(path, text);
  }
  return { files, label };
}

function pathsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll(sep, '/'))
      .sort();
  } catch (cause) {
    throw new BitHiveError('BH_MAP_DEFINITION', `${folder}: cannot be read`, { cause });
  }
}
