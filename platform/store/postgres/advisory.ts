/**
 * Advisory locks of the engine: a number of ours, and what is locked. Advisory locks are per database, so two engines in one
 * database would meet in them; they would also meet in the tables.
 */
const engine = 0x0b17;
export const advisory = {
  migration: [engine, 1],
  audit: [engine, 2],
  definitions: [engine, 3],
} as const;

/** First number of the locks of lanes; the second is the stripe. */
export const laneLocks = engine + 1;
