import type { Migration } from '../migrate.ts';

/**
 * What retention removes beside messages: `states.message` is the message that last wrote a published fact (see `isPublished`), with which it goes;
 * NULL for a channel's own state. Orders that are here already name theirs; those whose message is gone outlived it and go now.
 */
const statements = [
  'ALTER TABLE states ADD COLUMN message bigint',
  `UPDATE states SET message = coalesce(substring(value from '"messageId":([0-9]{1,15})')::bigint,
      (SELECT max(seq) FROM messages)) WHERE scope = 'order'`,
  `DELETE FROM states WHERE scope = 'order'
    AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.seq = states.message)`,
  'CREATE INDEX states_message ON states (message) WHERE message IS NOT NULL',
];

export const retention: Migration = {
  name: '0003-retention',
  async up(knex) {
    for (const statement of statements) await knex.raw(statement);
  },
};
