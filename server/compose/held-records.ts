import type { HeldRecords } from '../../connectors/dimse/index.ts';
import { parseBlobHash } from '../../core/ids.ts';
import type { Blobs, Store } from '../../core/ports/index.ts';

/** More versions of one instance, or words of one procedure step, than these are not looked through. */
const recordsMax = 100;

/** What the store and the blobs hold, as the DICOM node asks for it. */
export function heldRecords({ store, blobs }: { readonly store: Store; readonly blobs: Blobs }): HeldRecords {
  const named = (kind: 'dicom' | 'notice', uid: string) =>
    store.listMessages({ keys: [{ name: 'sop-uid', value: uid }], kind, limit: recordsMax });
  return {
    async holds(sopInstanceUid) {
      for (const { status, bodySize } of await named('dicom', sopInstanceUid)) {
        const hash = status === 'quarantined' ? null : parseBlobHash(bodySize.hash ?? '');
        if (hash !== null && (await blobs.has(hash))) return true;
      }
      return false;
    },
    async studiesOfStep(stepUid) {
      const last = new Map<string, string>();
      // Newest first: the first word of each study is the last that was heard.
      for (const { facts } of await named('notice', stepUid)) {
        const { studyInstanceUid, status, stepUid: named } = facts ?? {};
        if (named !== stepUid || typeof studyInstanceUid !== 'string' || typeof status !== 'string') continue;
        if (!last.has(studyInstanceUid)) last.set(studyInstanceUid, status);
      }
      return [...last].map(([studyInstanceUid, status]) => ({ studyInstanceUid, status }));
    },
  };
}
