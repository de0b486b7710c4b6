import { type HuffmanTable, huffmanTable } from './jpeg-huffman.ts';
import { pixelsError } from './pixels-error.ts';

export const markers = { sof0: 0xc0, sof1: 0xc1, dht: 0xc4, sos: 0xda, dqt: 0xdb, dri: 0xdd } as const;
const eoi = 0xd9;

export interface JpegSegment {
  readonly marker: number;
  readonly body: Uint8Array;
  /** Where the next segment, or after SOS the entropy-coded data, begins. */
  readonly end: number;
}

/** The marker segment at an offset (ITU-T T.81 B.1.1.4). Throws BH_DICOM_PIXELS at the end of the image. */
export function segmentAt(bytes: Uint8Array, from: number): JpegSegment {
  let at = from;
  while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1;
  const marker = bytes[at + 1] ?? eoi;
  const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
  const end = at + 2 + length;
  if (bytes[at] !== 0xff || marker === eoi || length < 2 || end > bytes.length) {
    throw pixelsError('the JPEG stream ends before all components were decoded');
  }
  return { marker, body: bytes.subarray(at + 4, end), end };
}

/** Huffman tables by destination. Lossless JPEG has those of class 0 only. */
export interface HuffmanTables {
  readonly dc: HuffmanTable[];
  readonly ac: HuffmanTable[];
}

/** B.2.4.2. Throws BH_DICOM_PIXELS. */
export function readHuffmanTables(body: Uint8Array, tables: HuffmanTables): void {
  let at = 0;
  while (at + 17 <= body.length) {
    const destination = body[at]! & 0xf;
    const isAc = body[at]! >> 4 === 1;
    const counts = body.subarray(at + 1, at + 17);
    const count = counts.reduce((sum, n) => sum + n, 0);
    if (body[at]! >> 4 > 1 || destination > 3 || at + 17 + count > body.length)
      throw pixelsError('the Huffman table is impossible');
    const values = body.subarray(at + 17, at + 17 + count);
    tables[isAc ? 'ac' : 'dc'][destination] = huffmanTable(counts, values, isAc ? 255 : 16);
    at += 17 + count;
  }
}
