/** UIDs of an object, as far as they could be read. */
export interface ObjectUids {
  readonly sopClassUid?: string;
  readonly sopInstanceUid?: string;
}

const metaStart = 132;
/** Group 0002 is always Explicit VR Little Endian (PS3.10 7.1); these VRs have a length of 4 bytes after 2 reserved ones. */
const longVrs = new Set(['OB', 'OW', 'OF', 'OD', 'OL', 'SQ', 'UC', 'UN', 'UR', 'UT']);

/**
 * Media Storage SOP Class and Instance UID, (0002,0002) and (0002,0003), out of the first bytes of an object that could not be read
 * as a whole, so that its refusal can name it. Never throws; what is not there or not plain is left out.
 */
export function readMetaUids(head: Buffer): ObjectUids {
  const found: { sopClassUid?: string; sopInstanceUid?: string } = {};
  for (const { number, start, end } of metaElements(head)) {
    if (number > 3) break;
    const uid = head.toString('latin1', start, end).replace(/[\0 ]+$/, '');
    if (/^[0-9.]{1,64}$/.test(uid)) {
      if (number === 2) found.sopClassUid = uid;
      if (number === 3) found.sopInstanceUid = uid;
    }
  }
  return found;
}

/** Where the last element of group 0002 ends, read element by element and not from its length; 0 where there is none. */
export function groupTwoEnd(head: Buffer): number {
  let last = 0;
  for (const { end } of metaElements(head)) last = end;
  return last;
}

/** The elements of group 0002 that lie in the head as a whole. */
function* metaElements(head: Buffer): Generator<{ number: number; start: number; end: number }> {
  if (head.toString('latin1', metaStart - 4, metaStart) !== 'DICM') return;
  let position = metaStart;
  while (position + 8 <= head.length && head.readUInt16LE(position) === 2) {
    const number = head.readUInt16LE(position + 2);
    const isLong = longVrs.has(head.toString('latin1', position + 4, position + 6));
    if (isLong && position + 12 > head.length) return;
    const start = position + (isLong ? 12 : 8);
    const end = start + (isLong ? head.readUInt32LE(position + 8) : head.readUInt16LE(position + 6));
    if (end > head.length) return;
    yield { number, start, end };
    position = end;
  }
}
