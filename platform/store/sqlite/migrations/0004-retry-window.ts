import type { Migration } from '../migrate.ts';

/** When an operator brought a delivery back last: its time to be tried counts from there, and is as long as it was the first time. */
export const retryWindow: Migration = {
  name: '0004-retry-window',
  async up(knex) {
    await knex.raw('ALTER TABLE deliveries ADD COLUMN reopened_at INTEGER');
  },
};
