import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readObjectFile, type WaitingObject } from '../../connectors/dimse/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Refusal } from '../../core/message.ts';
import { withDicomFile } from './dicom-file.ts';
import type { World } from './verb.ts';

export interface ReadableFile {
  readonly file: string;
  readonly object: WaitingObject;
}
export interface RefusedFile {
  readonly file: string;
  readonly refusal: Refusal;
}
export type FoundFile = ReadableFile | RefusedFile;

const readBytes = 256 * 1024;

/**
 * The DICOM files that are named, and those in the folders that are, in the order of their names. Directories of media (DICOMDIR) and hidden
 * files are no objects and are passed over.
 *
 * @throws BH_CLI_USAGE for a name that can't be read
 */
export async function dicomFiles(words: readonly string[], world: World): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const word of words) {
    const path = resolve(world.cwd, word);
    const isFolder = await stat(path).then(
      (one) => one.isDirectory(),
      (cause: unknown) => {
        throw new BitHiveError('BH_CLI_USAGE', `${word} can't be read`, { cause });
      },
    );
    const files = isFolder ? await filesBelow(path) : [path];
    for (const file of files) found.push(await lookAt(file, world));
  }
  return found;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'DICOMDIR' && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

async function lookAt(file: string, world: World): Promise<FoundFile> {
  try {
    const { dataSetAt, ...kind } = await withDicomFile(file, world, readObjectFile);
    const dataSet = () => createReadStream(file, { start: dataSetAt, highWaterMark: readBytes });
    return { file, object: { ...kind, dataSet } };
  } catch (error) {
    if (!(error instanceof BitHiveError) || !error.code.startsWith('BH_DICOM_')) throw error;
    return { file, refusal: { code: error.code, detail: error.detail } };
  }
}
