/** What a Failure Reason of an instance means for the one who sent it. */
export type ReasonClass =
  /** The same object may be taken later. */
  | 'transient'
  /** The archive says that it holds an object of this UID. */
  | 'duplicate'
  | 'permanent';

/**
 * PS3.18 I.2.2, PS3.4 B.2.3, PS3.7 C. Processing failure (0110H) says nothing of the object, so it is tried again; a code that no table
 * has is the archive's own word against the object.
 */
export function reasonClass(reason: number | undefined): ReasonClass {
  if (reason === undefined) return 'permanent';
  if (reason === 0x0111) return 'duplicate';
  const isOutOfResources = (reason & 0xff00) === 0xa700 || reason === 0x0213;
  return isOutOfResources || reason === 0x0110 ? 'transient' : 'permanent';
}

const sentences: Readonly<Record<number, string>> = {
  272: 'processing failure',
  273: 'duplicate SOP instance',
  290: 'SOP class not supported',
  292: 'not authorised',
  42752: 'out of resources',
  43264: 'data set does not match SOP class',
  45056: 'coercion of data elements',
  45062: 'elements discarded',
  45063: 'data set does not match SOP class',
  49152: 'cannot understand',
  49442: 'transfer syntax not supported',
};

/** `A700H out of resources` */
export function reasonText(reason: number): string {
  const code = `${reason.toString(16).toUpperCase().padStart(4, '0')}H`;
  const sentence = sentences[reason] ?? sentences[reason & 0xff00];
  return sentence === undefined ? code : `${code} ${sentence}`;
}
