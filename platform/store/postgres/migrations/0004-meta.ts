import type { Migration } from '../migrate.ts';

/** What the database says of itself: which folder of bodies belongs to it (see `claimBlobsFolder`). */
export const meta: Migration = {
  name: '0004-meta',
  async up(knex) {
    await knex.raw('CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL)');
  },
};
