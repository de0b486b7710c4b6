import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.ts';
import type { Session } from './session-pool.ts';

/** In the order in which they are read back. Without `meta`: a restored database has a folder of bodies of its own. */
export const backupTables = [
  'channels',
  'channel_leases',
  'messages',
  'waiting',
  'outcomes',
  'search_terms',
  'deliveries',
  'delivery_bodies',
  'delivery_lanes',
  'attempts',
  'states',
  'state_items',
  'timers',
  'audit_events',
] as const;
export const backupFolderName = 'postgres';
export const manifestName = 'manifest.json';
/** A body takes up to half a megabyte of text. */
const rowsPerFetch = 50;

export interface BackupManifest {
  readonly format: 1;
  readonly migrations: readonly string[];
  readonly throughMessageId: number;
  readonly sequences: { readonly message_seq: number; readonly delivery_seq: number };
  readonly rows: { readonly [table: string]: number };
}

/**
 * A logical copy: one file per table, one row per line as JSON, all of one snapshot, synced. Whoever needs point-in-time recovery
 * uses the server's own means (base backup and log archive); this copy is what an engine without them can be restored from.
 */
export async function writeBackup(
  database: Database,
  target: string,
): Promise<{ readonly throughMessageId: number }> {
  const folder = join(target, backupFolderName);
  await mkdir(folder, { recursive: true });
  return database.snapshot(async (session) => {
    const about = await describe(session);
    const rows: Record<string, number> = {};
    for (const table of backupTables) {
      rows[table] = await copyTable(session, table, join(folder, `${table}.ndjson`));
    }
    const manifest: BackupManifest = { format: 1, ...about, rows };
    await writeLines(join(folder, manifestName), [[JSON.stringify(manifest)]]);
    return { throughMessageId: manifest.throughMessageId };
  });
}

async function describe(session: Session): Promise<Omit<BackupManifest, 'format' | 'rows'>> {
  const [row] = await session.query<{
    migrations: string[];
    top: number;
    messages: number;
    deliveries: number;
  }>({
    text: `SELECT (SELECT json_agg(name ORDER BY id) FROM schema_migrations) AS migrations,
      (SELECT coalesce(max(seq), 0) FROM messages) AS top,
      (SELECT last_value FROM message_seq) AS messages, (SELECT last_value FROM delivery_seq) AS deliveries`,
  });
  return {
    migrations: row!.migrations,
    throughMessageId: row!.top,
    sequences: { message_seq: row!.messages, delivery_seq: row!.deliveries },
  };
}

async function copyTable(session: Session, table: string, path: string): Promise<number> {
  await session.query({
    text: `DECLARE rows NO SCROLL CURSOR FOR SELECT row_to_json(t)::text AS line FROM ${table} t`,
  });
  let count = 0;
  async function* pages(): AsyncIterable<string[]> {
    for (;;) {
      const page = await session.query<{ line: string }>({ text: `FETCH ${rowsPerFetch} FROM rows` });
      if (page.length === 0) return;
      count += page.length;
      yield page.map((row) => row.line);
    }
  }
  await writeLines(path, pages());
  await session.query({ text: 'CLOSE rows' });
  return count;
}

async function writeLines(
  path: string,
  pages: Iterable<readonly string[]> | AsyncIterable<readonly string[]>,
): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const lines of pages) await handle.write(`${lines.join('\n')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
