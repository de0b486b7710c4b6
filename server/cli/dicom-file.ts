import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import type { ByteSource } from '../../formats/dicom/index.ts';
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
    return await use({
      size: stat.size,
      async read(offset, length) {
        const wanted = Math.max(0, Math.min(length, stat.size - offset));
        const bytes = new Uint8Array(wanted);
        const { bytesRead } = await handle.read(bytes, 0, wanted, offset);
        return bytes.subarray(0, bytesRead);
      },
    });
  } finally {
    await handle.close();
  }
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
