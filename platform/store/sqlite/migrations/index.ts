import { first } from './0001-first.ts';
import { blobsOfFacts } from './0002-blobs-of-facts.ts';
import { retention } from './0003-retention.ts';
import { retryWindow } from './0004-retry-window.ts';
import { queued } from './0005-queued.ts';

/** In order; a released migration never changes. */
export const migrations = [first, blobsOfFacts, retention, retryWindow, queued];
