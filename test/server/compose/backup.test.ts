import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { BlobHash } from '../../../core/ids.ts';
import { type Blobs, silentLogger } from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { backupTo } from '../../../server/compose/backup.ts';
import { message, textBytes } from '../../platform/store/store-fixtures.ts';
import { systemClock } from '../../platform/store/system-clock.ts';
import { withFaults } from '../../with-faults.ts';

async function* whole(text: string): AsyncIterable<Uint8Array> {
  yield textBytes(text);
}

/** The same bodies, as those that lie on another disk are seen: they cannot be linked. */
const elsewhere = (blobs: Blobs): Blobs => withFaults(blobs, { pathOf: () => null });

test.each(['linked', 'copied'])(
  'a backup in a folder that is open to all is closed to others (%s)',
  async (way) => {
    const root = mkdtempSync(join(tmpdir(), 'bithive-backup-'));
    const umask = process.umask(0);
    try {
      const store = await openSqliteStore({
        folder: join(root, 'data'),
        clock: systemClock,
        logger: silentLogger,
        diskFreeBytesMin: 0,
      });
      const blobs = await openFolderBlobs({ folder: join(root, 'data', 'blobs'), diskFreeBytesMin: 0 });
      const { hash, bytesCount } = await blobs.put(whole('a patient'), 100);
      await store.accept(message({ body: { kind: 'blob', hash, bytesCount } }));
      const copy = join(root, 'copy');
      mkdirSync(copy, { mode: 0o777 });
      const mark = await backupTo(copy, store, way === 'linked' ? blobs : elsewhere(blobs));
      expect(mark).toEqual({ throughMessageId: 1, bodies: 1 });
      await store.close();
      const paths = readdirSync(copy, { recursive: true }) as string[];
      expect(paths).toContain(join('blobs', hash.slice(0, 2), hash));
      const open = paths.filter((path) => (statSync(join(copy, path)).mode & 0o077) !== 0);
      expect(open).toEqual(['backup.json']);
      const copied = await openFolderBlobs({ folder: join(copy, 'blobs'), diskFreeBytesMin: 0 });
      expect(Buffer.from(await copied.read(hash as BlobHash)).toString()).toBe('a patient');
    } finally {
      process.umask(umask);
      rmSync(root, { recursive: true, force: true });
    }
  },
);
