import { open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileSource } from '../../connectors/dicom-objects/file-source.ts';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type ByteSource, readHeader, type SeriesObject } from '../../formats/dicom/index.ts';
import { exitCodes, type World } from './verb.ts';

/**
 * Opens a file for as long as `use` takes; only what is asked for is read.
 *
 * @throws BH_CLI_USAGE when it can't be read
 */
export async function withDicomFile<T>(
  file: string,
  world: World,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const handle = await open(resolve(world.cwd, file), 'r').catch((cause: unknown) => {
    throw new BitHiveError('BH_CLI_USAGE', `${file} can't be read: ${(cause as Error).message}`, { cause });
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new BitHiveError('BH_CLI_USAGE', `${file} is no file`);
    return await use(fileSource(handle, stat.size));
  } finally {
    await handle.close();
  }
}

/** A file that is opened for each read: a series has more files than a process may have open. */
async function pathSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    size,
    async read(offset, length) {
      const handle = await open(path, 'r');
      try {
        return await fileSource(handle, size).read(offset, length);
      } finally {
        await handle.close();
      }
    },
  };
}

/** What a folder and those below it hold. */
export interface DicomFolder {
  readonly objects: readonly SeriesObject[];
  /** Files that are no DICOM objects, each with the reason. */
  readonly others: readonly string[];
}

/**
 * Reads the header of each file.
 *
 * @throws BH_CLI_USAGE when the folder can't be read, or holds more files than a study may have
 */
export async function readDicomFolder(folder: string, world: World): Promise<DicomFolder> {
  const root = resolve(world.cwd, folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new BitHiveError('BH_CLI_USAGE', `${folder} can't be read: ${(cause as Error).message}`, { cause });
  });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (files.length > limits.studyInstancesMax) {
    throw new BitHiveError(
      'BH_CLI_USAGE',
      `${folder} holds ${files.length} files, at most ${limits.studyInstancesMax} are read`,
    );
  }
  const objects: SeriesObject[] = [];
  const others: string[] = [];
  for (const file of files.sort()) {
    const source = await pathSource(file);
    try {
      objects.push({ source, header: await readHeader(source) });
    } catch (error) {
      if (!(error instanceof BitHiveError)) throw error;
      others.push(`${file}: ${error.code}: ${error.detail}`);
    }
  }
  return { objects, others };
}

/** For programs that read one line of an object: its refusal is one line, too. What is no refusal of the object is thrown on. */
export async function refusedInOneLine(world: World, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof BitHiveError) || !error.code.startsWith('BH_DICOM_')) throw error;
    world.say(`${error.code}: ${error.detail}`);
    return exitCodes.failed;
  }
}
