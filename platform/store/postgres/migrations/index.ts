import { first } from './0001-first.ts';
import { blobsOfFacts } from './0002-blobs-of-facts.ts';

/** In order; a released migration never changes. */
export const migrations = [first, blobsOfFacts];
