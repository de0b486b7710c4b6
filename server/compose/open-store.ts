import type { Config } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Clock, Keys, Logger, Store } from '../../core/ports/index.ts';
import { openPostgresStore, openSqliteStore } from '../../platform/store/index.ts';
import { blobsFolderOf } from './data-folder.ts';

/**
 * The store that the settings name. `isEngine`: for a node that serves, whose folder of bodies must be that of all nodes; a command that
 * only asks the database needs none.
 *
 * @throws BH_CONFIG_VALUE, BH_STORE_LOCKED, BH_STORE_VERSION, BH_STORE_IO, BH_STORE_BLOBS
 */
export async function openStore(
  config: Config,
  ports: { readonly clock: Clock; readonly logger: Logger; readonly keys: Keys },
  { isEngine = false }: { readonly isEngine?: boolean } = {},
): Promise<Store> {
  const { clock, logger, keys } = ports;
  if (config.store.kind === 'postgres') {
    if (config.store.url === undefined) {
      throw new BitHiveError(
        'BH_CONFIG_VALUE',
        'store.kind: postgres needs store.url, a reference to its connection string',
      );
    }
    return openPostgresStore({
      url: await keys.secret(config.store.url),
      clock,
      logger,
      owner: config.site.name,
      poolSize: config.store.postgres.sessions,
      readerPoolSize: config.store.postgres.readerSessions,
      pollMs: config.store.postgres.pollMs,
      ...(isEngine ? { blobsFolder: blobsFolderOf(config) } : {}),
    });
  }
  return openSqliteStore({
    folder: config.data,
    clock,
    logger,
    writer: config.store.writer,
    diskFreeBytesMin: config.disk.freeBytesMin,
  });
}
