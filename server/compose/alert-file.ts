import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import type { AlertMemory } from '../../pipelines/alerts/memory.ts';

const fileSchema = z.strictObject({
  raised: z.array(
    z
      .strictObject({
        id: z.string(),
        kind: z.enum([
          'silence',
          'queue-age',
          'disconnected',
          'dead-letters',
          'held-reports',
          'disk',
          'store',
        ]),
        channel: z.string().optional(),
        destination: z.string().optional(),
        text: z.string(),
      })
      .transform(({ channel, destination, ...alert }) => ({
        ...alert,
        ...(channel === undefined ? {} : { channel }),
        ...(destination === undefined ? {} : { destination }),
      })),
  ),
});

/**
 * The raised alerts in a file of the data folder, replaced as a whole. A file and not the store: the alert that must not be forgotten
 * may be that the store does not write.
 */
export function alertFile(path: string): AlertMemory {
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return null;
        throw new BitHiveError('BH_STORE_IO', `${path} cannot be read`, { cause });
      });
      if (text === null) return [];
      try {
        return fileSchema.parse(JSON.parse(text)).raised;
      } catch (cause) {
        throw new BitHiveError('BH_STORE_IO', `${path} is not what an engine writes`, { cause });
      }
    },
    async save(raised) {
      const temporary = `${path}.new`;
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ raised })}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      const folder = await open(dirname(path), 'r');
      await folder.sync().finally(() => folder.close());
    },
  };
}
