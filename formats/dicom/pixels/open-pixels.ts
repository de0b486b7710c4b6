import { BitHiveError } from '../../../core/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { DicomDataset } from '../dataset.ts';
import type { DicomElement, Fragment } from '../element.ts';
import { readFragments } from '../read-fragments.ts';
import { type TransferSyntax, transferSyntax } from '../transfer-syntax.ts';
import { decodeEncoded } from './decode-encoded.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import { encodedFrames } from './encoded-frames.ts';
import { type FrameGeometry, frameGeometry } from './geometry.ts';
import { from422, is422, nativeFrame } from './native.ts';
import { loadedBytes, type PixelBytes, sourceBytes } from './pixel-bytes.ts';
import { pixelElement } from './pixel-element.ts';
import { pixelsError } from './pixels-error.ts';
import { typedSamples } from './typed-samples.ts';

/** Bytes of one frame, and what its samples mean: RGB where the codec undid a colour transform. */
export interface NativeFrame {
  readonly bytes: Uint8Array;
  readonly photometric: string;
  /** True: all samples of one colour, then of the next. */
  readonly isPlanar: boolean;
}

/** The frames of an object. Each is decoded when it is asked for, and nothing of it is kept. */
export interface PixelFrames {
  readonly geometry: FrameGeometry;
  /** Tag of the element that holds them: Pixel Data, Float Pixel Data, Double Float Pixel Data. */
  readonly pixelTag: number;
  /** Decoded, ready to be computed with: YBR_FULL_422 has its colour for each pixel. `index` counts from 0. */
  frame(index: number): Promise<DecodedFrame>;
  /** As a native object would hold it, little endian: YBR_FULL_422 stays as it is; frames of one bit begin at a byte. */
  native(index: number): Promise<NativeFrame>;
}

/**
 * Opens the pixel data of a stored object whose header was read: of a large multi-frame object one frame at a time is in memory.
 * Runs on the caller's thread: up to a second for a large JPEG 2000 image. Throws BH_DICOM_TRANSFER_SYNTAX for a codec that the
 * engine lacks, BH_DICOM_ATTRIBUTE and BH_DICOM_LIMIT for impossible geometry, BH_DICOM_TRUNCATED, and BH_DICOM_PIXELS for everything
 * that is wrong with the pixels themselves.
 */
export async function openPixels(source: ByteSource, header: DicomDataset): Promise<PixelFrames> {
  const element = pixelElement(header);
  if (element === undefined || element.isLoaded) return openLoadedPixels(header);
  return open(header, element, sourceBytes(source), async () => (await readFragments(source, header)).items);
}

/** The same for an object read with `readDataset`. */
export async function openLoadedPixels(dataset: DicomDataset): Promise<PixelFrames> {
  const element = pixelElement(dataset);
  if (element === undefined) throw pixelsError('the object has no pixel data');
  return open(dataset, element, loadedBytes(element), async () => element.fragments ?? []);
}

async function open(
  dataset: DicomDataset,
  element: DicomElement,
  pixels: PixelBytes,
  items: () => Promise<readonly Fragment[]>,
): Promise<PixelFrames> {
  const syntax = transferSyntax(dataset.transferSyntaxUid);
  if (syntax.codec === undefined)
    throw new BitHiveError('BH_DICOM_TRANSFER_SYNTAX', `no decoder for ${syntax.uid}`);
  const geometry = frameGeometry(dataset);
  const isNative = syntax.codec === 'native';
  if (isNative !== element.length >= 0) {
    throw pixelsError(`pixel data of ${isNative ? 'undefined' : 'defined'} length in ${syntax.uid}`);
  }
  const read = isNative
    ? nativeReader(dataset, element, pixels, geometry)
    : await encodedReader(dataset, pixels, await items(), syntax, geometry);
  const native = (index: number): Promise<NativeFrame> => {
    if (Number.isInteger(index) && index >= 0 && index < geometry.framesCount) return read(index);
    throw pixelsError(`frame ${index + 1} of ${geometry.framesCount}`);
  };
  return {
    geometry,
    pixelTag: element.tag,
    native: async (index) => native(index),
    frame: async (index) => decoded(await native(index), element.tag, geometry, isNative),
  };
}

type FrameReader = (index: number) => Promise<NativeFrame>;

function nativeReader(
  dataset: DicomDataset,
  element: DicomElement,
  pixels: PixelBytes,
  geometry: FrameGeometry,
): FrameReader {
  const { photometric, isPlanar } = geometry;
  return async (index) => {
    const bytes = await nativeFrame(pixels, element, dataset.isBigEndian, geometry, index);
    return { bytes, photometric, isPlanar };
  };
}

async function encodedReader(
  dataset: DicomDataset,
  pixels: PixelBytes,
  items: readonly Fragment[],
  syntax: TransferSyntax,
  geometry: FrameGeometry,
): Promise<FrameReader> {
  const encoded = await encodedFrames(dataset, pixels, items, geometry.framesCount);
  return async (index) => decodeEncoded(await encoded(index), syntax.codec, geometry);
}

function decoded(
  { bytes, photometric, isPlanar }: NativeFrame,
  tag: number,
  geometry: FrameGeometry,
  isNative: boolean,
): DecodedFrame {
  const isShared = isNative && is422(geometry);
  return {
    rows: geometry.rows,
    columns: geometry.columns,
    samplesPerPixel: geometry.samplesPerPixel,
    bitsAllocated: geometry.bitsAllocated,
    bitsStored: geometry.bitsStored,
    highBit: geometry.highBit,
    signed: geometry.isSigned,
    planar: isPlanar && !isShared,
    photometric: isShared ? photometric.replace('_422', '') : photometric,
    pixels: typedSamples(isShared ? from422(bytes, geometry) : bytes, tag, geometry),
  };
}
