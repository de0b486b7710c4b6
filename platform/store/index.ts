export { auditHash, auditHashFirst } from './audit-chain.ts';
export { canonicalJson } from './canonical-json.ts';
export { openPostgresStore, type PostgresStoreOptions } from './postgres/open.ts';
export { restorePostgresBackup } from './postgres/restore.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/open.ts';
export { openSqliteReader, type StoreReader } from './sqlite/open-reader.ts';
