import type { Random } from '../../core/ports/index.ts';

/**
 * Makes MSH-10 values for our own answers: eight characters of chance for this process and a counter, within the 20 characters of ST
 * in HL7 v2.5.1 2.14.9.10.
 */
export function createControlIds(random: Random): () => string {
  const run = Buffer.from(random.bytes(5)).toString('hex').slice(0, 8).toUpperCase();
  let count = 0;
  return () => `${run}${(++count).toString(36).toUpperCase().padStart(6, '0')}`;
}
