import type { Cleaning } from './cleaning.ts';

/** Frames of reference and palettes that the standard itself registers are nobody's. */
const registered = /^1\.2\.840\.10008\.1\.[45]\.\d{1,2}(?:\.\d{1,3})?$/;

/** The new UID, the same for the same original. Own ones stay: a second run changes nothing. */
export function newUid(uid: string, { pseudonyms, uids }: Cleaning): string {
  if (uid === '' || registered.test(uid) || pseudonyms.isOwnUid(uid)) return uid;
  const known = uids.get(uid);
  if (known !== undefined) return known;
  const made = pseudonyms.uid(uid);
  uids.set(uid, made);
  return made;
}
