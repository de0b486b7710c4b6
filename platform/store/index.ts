export { auditHash, auditHashFirst } from './audit-chain.ts';
export { canonicalJson } from './canonical-json.ts';
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/open.ts';
export { openSqliteReader, type StoreReader } from './sqlite/open-reader.ts';
