import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../dataset.ts';
import { palette } from '../display/palette.ts';
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import { lookUp } from './lookup-table.ts';
import { storedValues } from './stored-values.ts';

/** ITU-R BT.601, as PS3.3 C.7.6.3.1.2 uses for YBR_FULL. */
const luma = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;

/** Brightness 0..1 of a colour frame (RGB, YBR_*, PALETTE COLOR). Throws BH_DICOM_ATTRIBUTE for other kinds. */
export function luminance(dataset: DicomDataset, frame: DecodedFrame): Float32Array {
  if (frame.photometric === 'PALETTE COLOR') return paletteLuminance(dataset, frame);
  if (frame.samplesPerPixel !== 3) {
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${frame.samplesPerPixel} samples per pixel are no colour`);
  }
  const stored = storedValues(frame);
  const cells = frame.rows * frame.columns;
  const [step, next] = frame.planar ? [1, cells] : [3, 1];
  const greatest = 2 ** frame.bitsStored - 1;
  const isYbr = frame.photometric.startsWith('YBR');
  const out = new Float32Array(cells);
  for (let i = 0; i < cells; i += 1) {
    const first = stored[i * step]!;
    out[i] = (isYbr ? first : luma(first, stored[i * step + next]!, stored[i * step + 2 * next]!)) / greatest;
  }
  return out;
}

function paletteLuminance(dataset: DicomDataset, frame: DecodedFrame): Float32Array {
  const { red, green, blue } = palette(dataset);
  const greatest = 2 ** red.bits - 1;
  return storedValues(frame).map(
    (value) => luma(lookUp(red, value), lookUp(green, value), lookUp(blue, value)) / greatest,
  );
}
