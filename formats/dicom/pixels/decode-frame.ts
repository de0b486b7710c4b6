import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../dataset.ts';
import type { DicomElement } from '../element.ts';
import { tags } from '../tags.ts';
import { type TransferSyntax, transferSyntax } from '../transfer-syntax.ts';
import type { DecodedFrame, Samples } from './decoded-frame.ts';
import { decodeDeflatedFrame } from './deflated-frame.ts';
import { encodedFrame } from './frame-fragments.ts';
import { type FrameGeometry, frameGeometry } from './geometry.ts';
import { decodeJpeg2000 } from './jpeg-2000.ts';
import { decodeJpegLossless } from './jpeg-lossless.ts';
import { decodeJpegLs } from './jpeg-ls.ts';
import { nativeFrame } from './native.ts';
import { pixelElement } from './pixel-element.ts';
import { pixelsError } from './pixels-error.ts';
import { decodeRle } from './rle.ts';

/**
 * Decodes one frame, counted from 0, of an object read with `readDataset`. Runs on the caller's thread: up to a second for a
 * large JPEG 2000 image. Throws BH_DICOM_TRANSFER_SYNTAX for a codec that the engine lacks, BH_DICOM_ATTRIBUTE and
 * BH_DICOM_LIMIT for impossible geometry, BH_DICOM_PIXELS for everything that is wrong with the pixels themselves.
 */
export async function decodeFrame(dataset: DicomDataset, frame = 0): Promise<DecodedFrame> {
  const element = pixelElement(dataset);
  if (element === undefined) throw pixelsError('the object has no pixel data');
  const syntax = transferSyntax(dataset.transferSyntaxUid);
  if (syntax.codec === undefined)
    throw new BitHiveError('BH_DICOM_TRANSFER_SYNTAX', `no decoder for ${syntax.uid}`);
  const geometry = frameGeometry(dataset);
  if (!Number.isInteger(frame) || frame < 0 || frame >= geometry.framesCount) {
    throw pixelsError(`frame ${frame + 1} of ${geometry.framesCount}`);
  }
  const bytes = await frameBytes(dataset, element, syntax, geometry, frame);
  return {
    rows: geometry.rows,
    columns: geometry.columns,
    samplesPerPixel: geometry.samplesPerPixel,
    bitsAllocated: geometry.bitsAllocated,
    bitsStored: geometry.bitsStored,
    highBit: geometry.highBit,
    signed: geometry.isSigned,
    planar: geometry.isPlanar && keepsPlanes.has(syntax.codec),
    photometric: decodedPhotometric(geometry.photometric, syntax.codec),
    pixels: samples(bytes, element.tag, geometry),
  };
}

/** The JPEG codecs give colour by pixel whatever the object says of planes. */
const keepsPlanes: ReadonlySet<TransferSyntax['codec']> = new Set(['native', 'rle', 'deflated-frame']);

function decodedPhotometric(photometric: string, codec: TransferSyntax['codec']): string {
  if (codec === 'jpeg-2000' && photometric.startsWith('YBR_')) return 'RGB';
  return codec === 'native' && photometric === 'YBR_FULL_422' ? 'YBR_FULL' : photometric;
}

async function frameBytes(
  dataset: DicomDataset,
  element: DicomElement,
  syntax: TransferSyntax,
  geometry: FrameGeometry,
  frame: number,
): Promise<Uint8Array> {
  const isNative = syntax.codec === 'native';
  if (isNative !== element.length >= 0) {
    throw pixelsError(`pixel data of ${isNative ? 'undefined' : 'defined'} length in ${syntax.uid}`);
  }
  if (isNative) return nativeFrame(element, dataset.isBigEndian, geometry, frame);
  const encoded = encodedFrame(dataset, element, geometry.framesCount, frame);
  switch (syntax.codec) {
    case 'rle':
      return decodeRle(encoded, geometry);
    case 'jpeg-lossless':
      return decodeJpegLossless(encoded, geometry);
    case 'jpeg-ls':
      return decodeJpegLs(encoded, geometry);
    case 'jpeg-2000':
      return decodeJpeg2000(encoded, geometry);
    default:
      return decodeDeflatedFrame(encoded, geometry);
  }
}

/** A typed array over the bytes; copied where they do not lie on a multiple of its width. */
function samples(bytes: Uint8Array, tag: number, geometry: FrameGeometry): Samples {
  const width = Math.max(geometry.bitsAllocated / 8, 1);
  const own = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const count = Math.floor(own.length / width);
  const { buffer, byteOffset } = own;
  const signed = geometry.isSigned;
  if (tag === tags.floatPixelData && width === 4) return new Float32Array(buffer, byteOffset, count);
  if (tag === tags.doubleFloatPixelData && width === 8) return new Float64Array(buffer, byteOffset, count);
  if (width === 1 && tag === tags.pixelData) {
    return signed && geometry.bitsAllocated === 8 ? new Int8Array(buffer, byteOffset, count) : own;
  }
  if (width === 2) {
    return signed ? new Int16Array(buffer, byteOffset, count) : new Uint16Array(buffer, byteOffset, count);
  }
  if (width === 4) {
    return signed ? new Int32Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count);
  }
  throw new BitHiveError(
    'BH_DICOM_ATTRIBUTE',
    `${geometry.bitsAllocated} bits allocated for this kind of pixel data`,
  );
}
