import type { Migration } from '../migrate.ts';

/**
 * The first schema. Numbered migrations are immutable: a change is a new file.
 *
 * - `messages` rows keep their size for life, so that a new status overwrites one byte in place instead of rewriting the row
 *   with its body; what processing adds is appended to `outcomes`. For the same reason the body of a delivery lives
 *   apart from its state.
 * - Few indexes, most of them partial: each one costs log pages in the accept path. Search keys are not indexed by a B-tree:
 *   see `terms/`.
 * - Message status: 2 received, 3 processed, 4 filtered, 5 quarantined (0 and 1 are stored without a byte in SQLite's
 *   record format and would change the row's size). Delivery state: 2 queued, 3 due, 4 leased, 5 delivered, 6 dead,
 *   7 unknown, 8 cancelled.
 */
const statements = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID`,
  `CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, channel TEXT NOT NULL, status INTEGER NOT NULL, origin INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    keys TEXT, search_keys TEXT, dedupe_key TEXT, content_hash TEXT,
    refusal TEXT, facts TEXT, parent INTEGER, replay_of INTEGER, conflicts_with INTEGER,
    blob_hash TEXT, blob_bytes INTEGER, body BLOB)`,
  `CREATE TABLE origins (
    id INTEGER PRIMARY KEY, sender TEXT NOT NULL, type TEXT NOT NULL, channel_version INTEGER NOT NULL,
    kind TEXT NOT NULL, content_type TEXT NOT NULL)`,
  `CREATE UNIQUE INDEX origins_parts ON origins (sender, type, channel_version, kind, content_type)`,
  `CREATE INDEX messages_received ON messages (channel, seq) WHERE status = 2`,
  `CREATE INDEX messages_quarantined ON messages (seq) WHERE status = 5`,
  `CREATE INDEX messages_parent ON messages (parent) WHERE parent IS NOT NULL`,
  `CREATE INDEX messages_replay_of ON messages (replay_of) WHERE replay_of IS NOT NULL`,
  `CREATE INDEX messages_blob ON messages (blob_hash) WHERE blob_hash IS NOT NULL`,
  `CREATE TABLE outcomes (seq INTEGER PRIMARY KEY, processed_at INTEGER NOT NULL, refusal TEXT, report TEXT)`,
  `CREATE TABLE segments (
    base INTEGER PRIMARY KEY, last INTEGER NOT NULL, level INTEGER NOT NULL, first_page INTEGER NOT NULL,
    fences BLOB NOT NULL, received_min INTEGER NOT NULL, received_max INTEGER NOT NULL)`,
  `CREATE TABLE term_pages (page INTEGER PRIMARY KEY, postings BLOB NOT NULL)`,
  `CREATE TABLE duplicate_pages (base INTEGER PRIMARY KEY, fingerprints BLOB NOT NULL)`,
  `CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, message INTEGER NOT NULL, channel TEXT NOT NULL, channel_version INTEGER NOT NULL,
    destination TEXT NOT NULL, state INTEGER NOT NULL, priority INTEGER NOT NULL, position INTEGER NOT NULL,
    lanes TEXT NOT NULL, due_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, lease_owner TEXT, lease_epoch INTEGER NOT NULL DEFAULT 0, lease_until INTEGER,
    settled_at INTEGER, last_error TEXT, content_type TEXT NOT NULL, facts TEXT, blob_hash TEXT, blob_bytes INTEGER)`,
  `CREATE INDEX deliveries_due ON deliveries (channel, destination, priority, due_at, id) WHERE state = 3`,
  `CREATE INDEX deliveries_leased ON deliveries (channel, destination, lease_until) WHERE state = 4`,
  `CREATE INDEX deliveries_open ON deliveries (channel, destination, created_at) WHERE state IN (2, 3, 4)`,
  `CREATE INDEX deliveries_failed ON deliveries (channel, destination, state, id) WHERE state IN (6, 7)`,
  `CREATE INDEX deliveries_message ON deliveries (message)`,
  `CREATE INDEX deliveries_blob ON deliveries (blob_hash) WHERE blob_hash IS NOT NULL`,
  `CREATE TABLE delivery_bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL)`,
  `CREATE TABLE delivery_lanes (
    lane TEXT NOT NULL, position INTEGER NOT NULL, delivery INTEGER NOT NULL,
    PRIMARY KEY (lane, position)) WITHOUT ROWID`,
  `CREATE TABLE attempts (
    delivery INTEGER NOT NULL, attempt INTEGER NOT NULL, at INTEGER NOT NULL, outcome TEXT NOT NULL, error TEXT,
    PRIMARY KEY (delivery, attempt)) WITHOUT ROWID`,
  `CREATE TABLE states (
    scope TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID`,
  `CREATE TABLE state_items (
    scope TEXT NOT NULL, key TEXT NOT NULL, item_key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (scope, key, item_key)) WITHOUT ROWID`,
  `CREATE TABLE timers (
    channel TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, due_at INTEGER NOT NULL, payload TEXT NOT NULL,
    PRIMARY KEY (channel, key, name)) WITHOUT ROWID`,
  `CREATE INDEX timers_due ON timers (channel, due_at)`,
  `CREATE TABLE channel_leases (
    channel TEXT PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, lease_until INTEGER NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE channels (
    channel TEXT NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL, deployed_at INTEGER NOT NULL,
    PRIMARY KEY (channel, version)) WITHOUT ROWID`,
  `CREATE TABLE audit_events (seq INTEGER PRIMARY KEY, event TEXT NOT NULL, hash TEXT NOT NULL)`,
];

export const first: Migration = {
  name: '0001-first',
  async up(knex) {
    for (const statement of statements) await knex.raw(statement);
  },
};
