import { first } from './0001-first.ts';

/** In order; a released migration never changes. */
export const migrations = [first];
