import { groupTwoEnd } from './file-meta.ts';

/** Preamble, prefix and (0002,0000) with its value (PS3.10 7.1). */
const prefixBytes = 144;
/** A group 0002 that claims more is taken for none. */
const metaBytesMax = 64 * 1024;
/** So much of a file tells where its data set begins. */
export const dataSetStartBytesMax = prefixBytes + metaBytesMax;

/**
 * Where the data set begins in a file of which this much has come; null where more of it is needed. The same object has other heads when it
 * came over another association, or by C-STORE once and by STOW-RS once: group 0002 names who wrote and sent the file. Where the head is
 * not as it says, every byte counts (0): two objects must never be taken for one because of a length that lies.
 */
export function dataSetStart(head: Buffer): number | null {
  if (head.length < prefixBytes) return null;
  const claimed = claimedBytes(head);
  if (claimed === 0) return 0;
  if (claimed > head.length) return null;
  return groupTwoEnd(head.subarray(0, claimed)) === claimed ? claimed : 0;
}

/** Bytes up to the data set as (0002,0000) has it; 0 where it says nothing that can be. */
function claimedBytes(head: Buffer): number {
  const isGroupLength = head.readUInt32LE(132) === 2 && head.toString('latin1', 136, 138) === 'UL';
  const metaBytes = isGroupLength ? head.readUInt32LE(140) : 0;
  return metaBytes > metaBytesMax ? 0 : prefixBytes + metaBytes;
}
