import type { Migration } from '../migrate.ts';

/**
 * The first schema. Numbered migrations are immutable: a change is a new file.
 *
 * - `messages` rows are written once and never updated: an update would write the row anew, with its body and every index
 *   entry. What waits stands in `waiting`, what processing adds in `outcomes`; the body of a delivery lives apart from its state.
 * - `first_mark` is unique among those that first had a dedupe key, `conflict_mark` among those that had it later with other
 *   content: the indexes decide between two nodes that accept the same at once.
 * - Message status: 2 received, 3 processed, 4 filtered, 5 quarantined. Delivery state: 2 queued, 3 due, 4 leased,
 *   5 delivered, 6 dead, 7 unknown, 8 cancelled. As in the SQLite store.
 * - Keys that come from outside (lanes, states, timers) are indexed by a mark, 128 bits of their SHA-256: PostgreSQL refuses index
 *   entries over 2.7 KB, and what a sender puts into a field must not stop its feed.
 * - JSON is text, not jsonb: it is never looked into, and jsonb refuses U+0000.
 */
const statements = [
  `CREATE SEQUENCE message_seq`,
  `CREATE SEQUENCE delivery_seq`,
  `CREATE TABLE messages (
    seq bigint PRIMARY KEY, channel text NOT NULL, channel_version int NOT NULL, kind text NOT NULL, type text NOT NULL,
    sender text NOT NULL, content_type text NOT NULL, received_at bigint NOT NULL, keys text[], search_keys text,
    dedupe_key text, content_hash text, first_mark uuid, conflict_mark uuid, conflicts_with bigint,
    refusal text, facts text, parent bigint, replay_of bigint, blob_hash text, blob_bytes bigint, body bytea)`,
  `CREATE UNIQUE INDEX messages_first ON messages (first_mark) WHERE first_mark IS NOT NULL`,
  `CREATE UNIQUE INDEX messages_conflict ON messages (conflict_mark) WHERE conflict_mark IS NOT NULL`,
  `CREATE INDEX messages_refused ON messages (seq) WHERE refusal IS NOT NULL`,
  `CREATE INDEX messages_parent ON messages (parent) WHERE parent IS NOT NULL`,
  `CREATE INDEX messages_replay_of ON messages (replay_of) WHERE replay_of IS NOT NULL`,
  `CREATE INDEX messages_blob ON messages (blob_hash) WHERE blob_hash IS NOT NULL`,
  `CREATE TABLE waiting (channel text NOT NULL, seq bigint NOT NULL, PRIMARY KEY (channel, seq))`,
  `CREATE TABLE outcomes (
    seq bigint PRIMARY KEY, status smallint NOT NULL, processed_at bigint NOT NULL, refusal text, report text)`,
  `CREATE INDEX outcomes_quarantined ON outcomes (seq) WHERE status = 5`,
  `CREATE TABLE search_terms (term bigint NOT NULL, seq bigint NOT NULL, PRIMARY KEY (term, seq))`,
  `CREATE TABLE deliveries (
    id bigint PRIMARY KEY, message bigint NOT NULL, channel text NOT NULL, channel_version int NOT NULL,
    destination text NOT NULL, state smallint NOT NULL, priority int NOT NULL, position bigint NOT NULL,
    lanes text NOT NULL, lane_marks uuid[] NOT NULL, due_at bigint NOT NULL, expires_at bigint NOT NULL, created_at bigint NOT NULL,
    attempts int NOT NULL DEFAULT 0, lease_owner text, lease_epoch bigint NOT NULL DEFAULT 0, lease_until bigint,
    settled_at bigint, last_error text, content_type text NOT NULL, facts text, blob_hash text, blob_bytes bigint)`,
  `CREATE INDEX deliveries_due ON deliveries (channel, destination, priority DESC, due_at, id) WHERE state = 3`,
  `CREATE INDEX deliveries_leased ON deliveries (channel, destination, lease_until) WHERE state = 4`,
  `CREATE INDEX deliveries_open ON deliveries (channel, destination, created_at) WHERE state IN (2, 3, 4)`,
  `CREATE INDEX deliveries_failed ON deliveries (channel, destination, state, id) WHERE state IN (6, 7)`,
  `CREATE INDEX deliveries_message ON deliveries (message)`,
  `CREATE INDEX deliveries_blob ON deliveries (blob_hash) WHERE blob_hash IS NOT NULL`,
  `CREATE TABLE delivery_bodies (id bigint PRIMARY KEY, body bytea NOT NULL)`,
  `CREATE TABLE delivery_lanes (
    lane uuid NOT NULL, position bigint NOT NULL, delivery bigint NOT NULL, PRIMARY KEY (lane, position))`,
  `CREATE TABLE attempts (
    delivery bigint NOT NULL, attempt int NOT NULL, at bigint NOT NULL, outcome text NOT NULL, error text,
    PRIMARY KEY (delivery, attempt))`,
  `CREATE TABLE states (mark uuid PRIMARY KEY, scope text NOT NULL, key text NOT NULL, value text NOT NULL)`,
  `CREATE TABLE state_items (
    mark uuid NOT NULL, item_mark uuid NOT NULL, item_key text NOT NULL, value text NOT NULL,
    PRIMARY KEY (mark, item_mark))`,
  `CREATE TABLE timers (
    mark uuid PRIMARY KEY, channel text NOT NULL, key text NOT NULL, name text NOT NULL, due_at bigint NOT NULL,
    payload text NOT NULL)`,
  `CREATE INDEX timers_due ON timers (channel, due_at)`,
  `CREATE TABLE channel_leases (
    channel text PRIMARY KEY, owner text NOT NULL, epoch bigint NOT NULL, lease_until bigint NOT NULL)`,
  `CREATE TABLE channels (
    channel text NOT NULL, version int NOT NULL, text text NOT NULL, deployed_at bigint NOT NULL,
    PRIMARY KEY (channel, version))`,
  `CREATE TABLE audit_events (seq bigint PRIMARY KEY, event text NOT NULL, hash text NOT NULL)`,
  // Rows that come and go with the work: dead entries at the head of an index are what slows a queue in PostgreSQL, so they are
  // cleared by number and not by share of the table.
  ...['waiting', 'delivery_lanes', 'timers', 'states', 'channel_leases'].map(
    (table) =>
      `ALTER TABLE ${table} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  ),
  `ALTER TABLE deliveries SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000)`,
];

export const first: Migration = {
  name: '0001-first',
  async up(knex) {
    for (const statement of statements) await knex.raw(statement);
  },
};
