import type { Migration } from '../migrate.ts';

/**
 * What retention removes beside messages.
 *
 * - `states.message`: the message that last wrote a published fact (see `isPublished`), with which it goes; NULL for a channel's own state. Orders
 *   that are here already name theirs; those whose message is gone outlived it and go now.
 * - `origins.last_seq`: about the last message of an origin (see `Origins`); those that are here already may be in use by any.
 */
const statements = [
  'ALTER TABLE states ADD COLUMN message INTEGER',
  `UPDATE states SET message = coalesce(json_extract(value, '$.messageId'), (SELECT max(seq) FROM messages))
    WHERE scope = 'order'`,
  `DELETE FROM states WHERE scope = 'order'
    AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.seq = states.message)`,
  'CREATE INDEX states_message ON states (message) WHERE message IS NOT NULL',
  'ALTER TABLE origins ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0',
  'UPDATE origins SET last_seq = coalesce((SELECT max(seq) FROM messages), 0)',
  'CREATE INDEX origins_last ON origins (last_seq)',
];

export const retention: Migration = {
  name: '0003-retention',
  async up(knex) {
    for (const statement of statements) await knex.raw(statement);
  },
};
