import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { ByteSource } from '../byte-source.ts';
import type { DicomDataset } from '../dataset.ts';
import { modalityValues } from '../grayscale/modality-values.ts';
import { storedValues } from '../grayscale/stored-values.ts';
import { type VoiWindow, voiWindow } from '../grayscale/voi-values.ts';
import { frameGeometry } from '../pixels/geometry.ts';
import { openPixels, type PixelFrames } from '../pixels/open-pixels.ts';
import { tags } from '../tags.ts';
import { geometryError, type SliceGeometry, sliceGeometry } from './slice-geometry.ts';
import { type Stack, stackSlices } from './stack.ts';

/** One object of a series: its header, and where its pixels are read. */
export interface SeriesObject {
  readonly source: ByteSource;
  readonly header: DicomDataset;
}

/** A frame of an object, and where it lies. */
export interface VolumeSlice extends SeriesObject {
  readonly geometry: SliceGeometry;
  readonly frame: number;
}

/** A series in patient coordinates. */
export interface Volume {
  readonly stack: Stack<VolumeSlice>;
  readonly rows: number;
  readonly columns: number;
  /** Modality units such as Hounsfield, slice by slice, row by row. */
  readonly values: Float32Array;
  /** The window of the slice in the middle. */
  readonly window: VoiWindow | undefined;
  /** MONOCHROME1: small values are bright. */
  readonly isInverted: boolean;
}

/**
 * Reads all frames of a series into one block, object by object. Throws BH_DICOM_GEOMETRY when they are no stack, BH_DICOM_LIMIT when the block
 * would be over `limits.dicomVolumeBytesMax`, before anything of it is allocated; and what `openPixels` throws.
 */
export async function readVolume(objects: readonly SeriesObject[]): Promise<Volume> {
  const stack = stackSlices(objects.flatMap(slicesOf));
  const { rows, columns } = stack.slices[0]!.geometry;
  const cells = rows * columns;
  const bytes = cells * stack.slices.length * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > limits.dicomVolumeBytesMax) {
    throw new BitHiveError(
      'BH_DICOM_LIMIT',
      `a volume of ${columns} x ${rows} x ${stack.slices.length} has ${bytes} bytes, the limit is ${limits.dicomVolumeBytesMax}`,
    );
  }
  const values = new Float32Array(cells * stack.slices.length);
  const opened = new Map<DicomDataset, PixelFrames>();
  for (const [at, { source, header, frame }] of stack.slices.entries()) {
    const frames = opened.get(header) ?? (await openPixels(source, header));
    // Only a multi-frame object is asked again.
    if (frames.geometry.framesCount > 1) opened.set(header, frames);
    const decoded = await frames.frame(frame);
    values.set(modalityValues(storedValues(decoded), header, frame), at * cells);
  }
  const middle = stack.slices[stack.slices.length >> 1]!;
  return {
    stack,
    rows,
    columns,
    values,
    window: voiWindow(middle.header, middle.frame),
    isInverted: middle.header.text(tags.photometricInterpretation) === 'MONOCHROME1',
  };
}

function slicesOf(object: SeriesObject): readonly VolumeSlice[] {
  const { framesCount, samplesPerPixel, photometric } = frameGeometry(object.header);
  if (samplesPerPixel !== 1 || photometric === 'PALETTE COLOR')
    throw geometryError('colour images are no volume');
  if (framesCount > limits.dicomVolumeSlicesMax) {
    throw new BitHiveError('BH_DICOM_LIMIT', `a volume of more than ${limits.dicomVolumeSlicesMax} slices`);
  }
  return Array.from({ length: framesCount }, (_, frame) => ({
    ...object,
    frame,
    geometry: sliceGeometry(object.header, frame),
  }));
}
