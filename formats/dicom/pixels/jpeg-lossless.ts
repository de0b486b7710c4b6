import type { FrameGeometry } from './geometry.ts';
import { checkedFrameHeader } from './jpeg-frame-header.ts';
import type { HuffmanTable } from './jpeg-huffman.ts';
import { decodeLosslessScan, type LosslessScan } from './jpeg-lossless-scan.ts';
import { type HuffmanTables, markers, readHuffmanTables, segmentAt } from './jpeg-segments.ts';
import { checkPossible, pixelsError } from './pixels-error.ts';

const sofLossless = 0xc3;

/**
 * One frame of lossless JPEG, process 14 with any selection value (ITU-T T.81 H). Little-endian bytes, colour by pixel. Throws
 * BH_DICOM_PIXELS. Our own, because the package in the field loses the last pixel of some 16-bit images.
 */
export function decodeJpegLossless(encoded: Uint8Array, geometry: FrameGeometry): Uint8Array {
  const header = checkedFrameHeader(encoded, geometry);
  const bits = geometry.bitsAllocated;
  if (header.marker !== sofLossless || header.precision < 2 || (bits !== 8 && bits !== 16)) {
    throw pixelsError(`SOF ${header.marker.toString(16)} of ${header.precision} bits is not lossless JPEG`);
  }
  const count = geometry.rows * geometry.columns * geometry.samplesPerPixel;
  checkPossible(encoded, count / 8); // A sample has a code of a bit at least.
  const samples = bits === 8 ? new Uint8Array(count) : new Uint16Array(count);
  const tables: HuffmanTables = { dc: [], ac: [] };
  let componentIds: readonly number[] = [];
  let restartInterval = 0;
  let decodedCount = 0;
  let at = 2;
  while (decodedCount < geometry.samplesPerPixel) {
    const { marker, body, end } = segmentAt(encoded, at);
    at = end;
    if (marker === markers.dht) readHuffmanTables(body, tables);
    else if (marker === markers.dri) restartInterval = (body[0] ?? 0) * 256 + (body[1] ?? 0);
    else if (marker === sofLossless) componentIds = readComponentIds(body);
    else if (marker === markers.sos) {
      const scan = readScan(body, componentIds, tables.dc, {
        ...geometry,
        precision: header.precision,
        restartInterval,
      });
      at = decodeLosslessScan(encoded, end, scan, samples);
      decodedCount += scan.components.length;
    }
  }
  return new Uint8Array(samples.buffer);
}

/** B.2.2. Without subsampling: a DICOM object has each sample of each pixel. */
function readComponentIds(body: Uint8Array): readonly number[] {
  const ids: number[] = [];
  for (let at = 6; at + 3 <= body.length; at += 3) {
    if (body[at + 1] !== 0x11) throw pixelsError('subsampled lossless JPEG');
    ids.push(body[at]!);
  }
  return ids;
}

/** B.2.3. */
function readScan(
  body: Uint8Array,
  componentIds: readonly number[],
  tables: readonly HuffmanTable[],
  frame: Pick<LosslessScan, 'rows' | 'columns' | 'samplesPerPixel' | 'precision' | 'restartInterval'>,
): LosslessScan {
  const count = body[0] ?? 0;
  const components = Array.from({ length: count }, (_, i) => {
    const index = componentIds.indexOf(body[1 + i * 2] ?? -1);
    const table = tables[(body[2 + i * 2] ?? 0xff) >> 4];
    if (index < 0 || index >= frame.samplesPerPixel || table === undefined) {
      throw pixelsError('a scan names a component or table that is not there');
    }
    return { index, table };
  });
  const selection = body[1 + count * 2] ?? 0;
  const pointTransform = (body[3 + count * 2] ?? 0) & 0xf;
  if (count === 0 || selection < 1 || selection > 7 || pointTransform >= frame.precision) {
    throw pixelsError('the scan header is impossible');
  }
  const { rows, columns, samplesPerPixel, precision, restartInterval } = frame;
  return {
    rows,
    columns,
    samplesPerPixel,
    precision,
    restartInterval,
    components,
    selection,
    pointTransform,
  };
}
