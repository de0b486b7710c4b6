import type { Config } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Clock, Keys, Logger, Store } from '../../core/ports/index.ts';
import { openPostgresStore, openSqliteStore } from '../../platform/store/index.ts';

/** The store that the settings name. */
export async function openStore(
  config: Config,
  ports: { readonly clock: Clock; readonly logger: Logger; readonly keys: Keys },
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
