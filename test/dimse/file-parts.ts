/** A Part 10 file taken apart as a sender by C-STORE takes it apart. */
export interface FileParts {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** Everything behind group 0002. */
  readonly dataSet: Buffer;
}

const prefixBytes = 132;
const longVrs = new Set(['OB', 'OW', 'OF', 'OD', 'OL', 'SQ', 'UC', 'UN', 'UR', 'UT']);

/** Group 0002 by its elements, not by its group length, which may lie. Without preamble and `DICM` all is data set. */
export function fileParts(file: Buffer): FileParts {
  const uids = new Map<number, string>();
  let at = file.toString('latin1', prefixBytes - 4, prefixBytes) === 'DICM' ? prefixBytes : 0;
  while (at + 8 <= file.length && file.readUInt16LE(at) === 2) {
    const isLong = longVrs.has(file.toString('latin1', at + 4, at + 6));
    const start = at + (isLong ? 12 : 8);
    const end = start + (isLong ? file.readUInt32LE(at + 8) : file.readUInt16LE(at + 6));
    uids.set(file.readUInt16LE(at + 2), file.toString('latin1', start, end).replace(/[\0 ]+$/, ''));
    at = end;
  }
  return {
    sopClassUid: uids.get(2) ?? '1.2.840.10008.5.1.4.1.1.7',
    sopInstanceUid: uids.get(3) ?? '1.2.3.4',
    transferSyntaxUid: uids.get(0x10) ?? '1.2.840.10008.1.2',
    dataSet: file.subarray(at),
  };
}
