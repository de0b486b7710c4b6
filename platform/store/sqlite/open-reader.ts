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
  | 'listMessages'
  | 'listDeliveries'
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
    getMessage: (id) => readers.ask((open) => open.work.getMessage(id)),
    getDelivery: (id) => readers.ask((open) => open.operator.getDelivery(id)),
    searchMessages: (query) => readers.ask((open) => open.messages.find(query)),
    searchDeliveries: (query) => readers.ask((open) => open.operator.searchDeliveries(query)),
    listMessages: (query) => readers.ask((open) => open.messages.list(query)),
    listDeliveries: (query) => readers.ask((open) => open.operator.listDeliveries(query)),
    lineage: (id) => readers.ask((open) => open.operator.lineage(id)),
    attempts: (id) => readers.ask((open) => open.operator.attempts(id)),
    depths: () => readers.ask((open) => readDepths(open.knex)),
    channelText: (channel, version) => readers.ask((open) => open.operator.channelText(channel, version)),
    readAudit: (fromSeq, limit) => readers.ask((open) => open.operator.readAudit(fromSeq, limit)),
    close: () => readers.close(),
  };
}
