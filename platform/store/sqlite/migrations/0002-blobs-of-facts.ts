import type { Migration } from '../migrate.ts';

/**
 * The bodies that facts under a state name (the instances of a study): without the index each page of the list of bodies in use would read
 * all facts. See `blobHashes`.
 */
export const blobsOfFacts: Migration = {
  name: '0002-blobs-of-facts',
  async up(knex) {
    await knex.raw(`CREATE INDEX state_items_blob ON state_items (json_extract(value, '$.blob'))
      WHERE json_extract(value, '$.blob') IS NOT NULL`);
  },
};
