import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BitHiveError } from '../../../core/errors.ts';
import type { Store } from '../../../core/ports/index.ts';
import { loadSqlite, type SqliteDriver } from './driver.ts';
import { databaseFileName } from './file-names.ts';
import { readDepths } from './read/depths.ts';
import { Readers } from './readers.ts';

/** What an operator may ask of a data folder without owning it. */
export type StoreReader = Pick<
  Store,
  | 'getMessage'
  | 'getDelivery'
  | 'searchMessages'
  | 'searchDeliveries'
  | 'lineage'
  | 'attempts'
  | 'depths'
  | 'channelText'
  | 'readAudit'
  | 'close'
>;

/**
 * Opens a data folder for reading only, beside an engine or without one. Throws BH_STORE_NOT_FOUND when there is no
 * database, BH_STORE_VERSION when the driver is too old.
 */
export async function openSqliteReader(folder: string, driver?: SqliteDriver): Promise<StoreReader> {
  const path = join(folder, databaseFileName);
  if (!existsSync(path)) throw new BitHiveError('BH_STORE_NOT_FOUND', `${folder} holds no database`);
  const readers = new Readers(driver ?? (await loadSqlite()), path);
  return {
    getMessage: async (id) => readers.work.getMessage(id),
    getDelivery: async (id) => readers.operator.getDelivery(id),
    searchMessages: (query) => readers.messages.find(query),
    searchDeliveries: (query) => readers.operator.searchDeliveries(query),
    lineage: async (id) => readers.operator.lineage(id),
    attempts: async (id) => readers.operator.attempts(id),
    depths: () => readDepths(readers.knex),
    channelText: async (channel, version) => readers.operator.channelText(channel, version),
    readAudit: (fromSeq, limit) => readers.operator.readAudit(fromSeq, limit),
    close: () => readers.close(),
  };
}
