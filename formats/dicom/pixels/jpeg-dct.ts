import type { FrameGeometry } from './geometry.ts';
import { interleaved, isYbr, type JpegColourMarks, readColourMarks } from './jpeg-colour.ts';
import { type DctFrame, readDctFrame, readQuantization } from './jpeg-dct-header.ts';
import { type DctTables, decodeDctScan, readDctScan } from './jpeg-dct-scan.ts';
import { checkedFrameHeader } from './jpeg-frame-header.ts';
import { markers, readHuffmanTables, segmentAt } from './jpeg-segments.ts';
import { checkPossible, pixelsError } from './pixels-error.ts';

/** A block of 64 samples has two codes of a bit at least, and a coarse component stands for up to 16 times its samples. */
const samplesPerByteMax = 256 * 16;

export interface DctResult {
  /** Little endian, colour by pixel. */
  readonly bytes: Uint8Array;
  /** RGB when the stream was YCbCr. */
  readonly photometric: string;
}

/**
 * One frame of JPEG baseline or extended sequential, processes 1, 2 and 4 (ITU-T T.81 F): Huffman coded, 8 or 12 bits, any sampling, with or
 * without restart intervals, in one scan or several. Our own: no package decodes 12 bits right. Throws BH_DICOM_PIXELS.
 */
export function decodeJpegDct(encoded: Uint8Array, geometry: FrameGeometry): DctResult {
  const header = checkedFrameHeader(encoded, geometry);
  const { marker, precision } = header;
  const isSequential = marker === markers.sof0 || marker === markers.sof1;
  const isAllocated = geometry.bitsAllocated === 8 ? precision === 8 : geometry.bitsAllocated === 16;
  if (!isSequential || (precision !== 8 && precision !== 12) || !isAllocated) {
    throw pixelsError(`SOF ${marker.toString(16)} of ${precision} bits is not sequential JPEG`);
  }
  const count = geometry.rows * geometry.columns * geometry.samplesPerPixel;
  checkPossible(encoded, count / samplesPerByteMax);
  const marks: JpegColourMarks = { isJfif: false, adobeTransform: undefined };
  const frame = decodeComponents(encoded, marks);
  const out = geometry.bitsAllocated === 8 ? new Uint8Array(count) : new Uint16Array(count);
  const isConverted = isYbr(frame, marks, geometry.photometric);
  interleaved(frame, isConverted, out);
  const isColour = geometry.samplesPerPixel === 3;
  return {
    bytes: new Uint8Array(out.buffer),
    photometric: isColour ? 'RGB' : geometry.photometric,
  };
}

function decodeComponents(encoded: Uint8Array, marks: JpegColourMarks): DctFrame {
  const tables: DctTables = { dc: [], ac: [], quantization: [], restartInterval: 0 };
  const decoded = new Set<number>();
  let frame: DctFrame | undefined;
  let at = 2;
  while (frame === undefined || decoded.size < frame.components.length) {
    const { marker, body, end } = segmentAt(encoded, at);
    at = end;
    if (marker === markers.dht) readHuffmanTables(body, tables);
    else if (marker === markers.dqt) readQuantization(body, tables.quantization);
    else if (marker === markers.dri) tables.restartInterval = (body[0] ?? 0) * 256 + (body[1] ?? 0);
    else if (marker === markers.sof0 || marker === markers.sof1) frame ??= readDctFrame(body);
    else if (marker === markers.sos) {
      if (frame === undefined) throw pixelsError('a scan before the JPEG frame header');
      const scan = readDctScan(body, frame, tables);
      at = decodeDctScan(encoded, end, frame, scan, tables.restartInterval);
      const count = decoded.size;
      for (const { component } of scan) decoded.add(component.id);
      if (decoded.size === count) throw pixelsError('a JPEG component comes twice');
    } else readColourMarks(marker, body, marks);
  }
  return frame;
}
