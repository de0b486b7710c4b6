import { closeSync, openSync, writeSync } from 'node:fs';
import type { Write } from './repository.ts';
import { type EhrRequest, identityOf } from './sandbox-ehr.ts';

export interface WriteJournal {
  add(write: Write, request: EhrRequest): void;
  close(): void;
}

/**
 * Appends one JSON line per write, before the request is answered: what a crash test reads to see that no effect was lost or
 * doubled. `requestId` is the X-Request-Id, which our engine sets to the delivery's id.
 */
export function openWriteJournal(path: string): WriteJournal {
  const file = openSync(path, 'a');
  let seq = 0;
  return {
    add({ action, resource, version }, request) {
      seq += 1;
      const line = {
        seq,
        at: resource.meta?.lastUpdated,
        action,
        type: resource.resourceType,
        id: resource.id,
        version,
        identity: identityOf(resource),
        requestId: request.headers['x-request-id'],
      };
      writeSync(file, `${JSON.stringify(line)}\n`);
    },
    close: () => closeSync(file),
  };
}
