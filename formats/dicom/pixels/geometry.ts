import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { DicomDataset } from '../dataset.ts';
import { formatTag, tags } from '../tags.ts';

/** What the attributes say of one frame (PS3.3 C.7.6.3), checked before anything is allocated for it. */
export interface FrameGeometry {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: 1 | 8 | 16 | 32 | 64;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly isSigned: boolean;
  readonly isPlanar: boolean;
  readonly photometric: string;
  readonly framesCount: number;
  /** Of one decoded frame; 1-bit frames are counted in whole bytes. */
  readonly frameBytes: number;
}

/**
 * Throws BH_DICOM_ATTRIBUTE when an attribute is missing or impossible, BH_DICOM_LIMIT when a frame is over
 * `limits.dicomPixelBytesMax`. The VR that the object gives is not believed: Rows of VR UL may claim 4 billion.
 */
export function frameGeometry(dataset: DicomDataset): FrameGeometry {
  const rows = integer(dataset, tags.rows, 1, 65535);
  const columns = integer(dataset, tags.columns, 1, 65535);
  const samplesPerPixel = integer(dataset, tags.samplesPerPixel, 1, 4, 1);
  const bitsAllocated = allocation(dataset);
  const bitsStored = integer(dataset, tags.bitsStored, 1, bitsAllocated, bitsAllocated);
  const frameBytes = Math.ceil((rows * columns * samplesPerPixel * bitsAllocated) / 8);
  if (frameBytes > limits.dicomPixelBytesMax) {
    throw new BitHiveError(
      'BH_DICOM_LIMIT',
      `a frame of ${rows} x ${columns} x ${samplesPerPixel} has ${frameBytes} bytes, the limit is ${limits.dicomPixelBytesMax}`,
    );
  }
  return {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    highBit: integer(dataset, tags.highBit, 0, bitsAllocated - 1, bitsStored - 1),
    isSigned: dataset.number(tags.pixelRepresentation) === 1,
    isPlanar: samplesPerPixel > 1 && dataset.number(tags.planarConfiguration) === 1,
    photometric: dataset.text(tags.photometricInterpretation) ?? 'MONOCHROME2',
    framesCount: integer(dataset, tags.numberOfFrames, 0, 0x7fffffff, 1) || 1,
    frameBytes,
  };
}

function allocation(dataset: DicomDataset): FrameGeometry['bitsAllocated'] {
  const bits = integer(dataset, tags.bitsAllocated, 1, 64);
  if (bits === 1 || bits === 8 || bits === 16 || bits === 32 || bits === 64) return bits;
  throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${formatTag(tags.bitsAllocated)} is ${bits}`);
}

function integer(dataset: DicomDataset, tag: number, least: number, most: number, absent?: number): number {
  const value = dataset.number(tag) ?? (dataset.get(tag)?.length ? undefined : absent);
  if (value === undefined) {
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${formatTag(tag)} is missing or not a number`);
  }
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${formatTag(tag)} is ${value}, not ${least} to ${most}`);
  }
  return value;
}
