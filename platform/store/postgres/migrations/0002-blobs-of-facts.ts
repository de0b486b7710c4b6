import type { Migration } from '../migrate.ts';

/**
 * The bodies that facts under a state name: without the index each page of the list of bodies in use would read all facts. By a pattern, because
 * a cast of text to JSON is not immutable and an index takes no other.
 */
export const blobsOfFacts: Migration = {
  name: '0002-blobs-of-facts',
  async up(knex) {
    await knex.raw(`CREATE INDEX state_items_blob ON state_items (substring(value from '"blob":"([0-9a-f]{64})"'))
      WHERE substring(value from '"blob":"([0-9a-f]{64})"') IS NOT NULL`);
  },
};
