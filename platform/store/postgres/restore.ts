import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { BitHiveError } from '../../../core/errors.ts';
import { type BackupManifest, backupFolderName, backupTables, manifestName } from './backup.ts';
import { forgetBlobsFolder } from './blobs-folder.ts';
import { storageError } from './faults.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { type SessionOptions, sessionConfig } from './session.ts';
import { type Session, sessionOf } from './session-pool.ts';

const rowsPerInsert = 50;
const sessionDefaults = { name: 'bithive-restore', connectMs: 10_000, statementMs: 120_000 };

/**
 * Reads a backup folder into a database that holds nothing yet, in one transaction. Throws BH_STORE_VERSION when the backup was
 * made under other migrations or the database is not empty, BH_STORE_IO when the server cannot be reached.
 */
export async function restorePostgresBackup(url: string, folder: string): Promise<BackupManifest> {
  const options: SessionOptions = { ...sessionDefaults, url };
  const from = join(folder, backupFolderName);
  const manifest = JSON.parse(await readFile(join(from, manifestName), 'utf8')) as BackupManifest;
  requireSameSchema(manifest);
  await migrate(options);
  const client = new pg.Client(sessionConfig(options));
  client.on('error', () => {}); // The query under way rejects as well, and is what the caller hears.
  try {
    await client.connect();
    const session = sessionOf(client);
    await requireEmpty(session);
    await session.query({ text: 'BEGIN' });
    await session.query(forgetBlobsFolder);
    for (const table of backupTables) {
      await readTable(session, table, join(from, `${table}.ndjson`), manifest.rows[table] ?? 0);
    }
    for (const [sequence, value] of Object.entries(manifest.sequences)) {
      await session.query({ text: 'SELECT setval($1::regclass, $2)' }, [sequence, value]);
    }
    await session.query({ text: 'COMMIT' });
    return manifest;
  } catch (error) {
    throw storageError(error) ?? error;
  } finally {
    await client.end();
  }
}

function requireSameSchema(manifest: BackupManifest): void {
  const known = migrations.map((migration) => migration.name);
  if (manifest.format === 1 && manifest.migrations.join() === known.join()) return;
  throw new BitHiveError('BH_STORE_VERSION', 'the backup was made by another version of the engine');
}

async function requireEmpty(session: Session): Promise<void> {
  const [row] = await session.query<{ is_used: boolean }>({
    text: `SELECT EXISTS (SELECT 1 FROM messages) OR EXISTS (SELECT 1 FROM audit_events)
      OR EXISTS (SELECT 1 FROM channels) AS is_used`,
  });
  if (row?.is_used) throw new BitHiveError('BH_STORE_VERSION', 'the database is not empty');
}

async function readTable(session: Session, table: string, path: string, expected: number): Promise<void> {
  const text = `INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1::json)`;
  let rows: string[] = [];
  let count = 0;
  const flush = async () => {
    if (rows.length > 0) await session.query({ text }, [`[${rows.join(',')}]`]);
    count += rows.length;
    rows = [];
  };
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
    rows.push(line);
    if (rows.length >= rowsPerInsert) await flush();
  }
  await flush();
  if (count === expected) return;
  throw new BitHiveError(
    'BH_BLOB_CORRUPT',
    `${table} has ${count} rows in the backup instead of ${expected}`,
  );
}
