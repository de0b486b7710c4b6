import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../dataset.ts';
import { lookUp } from '../grayscale/lookup-table.ts';
import { storedValues } from '../grayscale/stored-values.ts';
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import { palette } from './palette.ts';

/** Red, green, blue of each pixel from 0 to 255, of a colour frame: RGB, YBR_*, PALETTE COLOR. Throws BH_DICOM_ATTRIBUTE for other kinds. */
export function colourSamples(dataset: DicomDataset, frame: DecodedFrame): Uint8ClampedArray {
  if (frame.photometric === 'PALETTE COLOR') return paletteSamples(dataset, frame);
  if (frame.samplesPerPixel !== 3) {
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${frame.samplesPerPixel} samples per pixel are no colour`);
  }
  const stored = storedValues(frame);
  const cells = frame.rows * frame.columns;
  const [step, next] = frame.planar ? [1, cells] : [3, 1];
  const scale = 255 / (2 ** frame.bitsStored - 1);
  const convert = conversion(frame.photometric);
  const out = new Uint8ClampedArray(cells * 3);
  for (let i = 0; i < cells; i += 1) {
    const at = i * step;
    convert(stored[at]! * scale, stored[at + next]! * scale, stored[at + 2 * next]! * scale, out, i * 3);
  }
  return out;
}

type Convert = (a: number, b: number, c: number, out: Uint8ClampedArray, at: number) => void;

/** PS3.3 C.7.6.3.1.2. YBR_PARTIAL (retired) leaves head and foot room, as video does. */
function conversion(photometric: string): Convert {
  if (!photometric.startsWith('YBR')) {
    return (red, green, blue, out, at) => {
      out[at] = red;
      out[at + 1] = green;
      out[at + 2] = blue;
    };
  }
  const [floor, luma, chroma] = photometric.startsWith('YBR_PARTIAL')
    ? [16, 255 / 219, 255 / 224]
    : [0, 1, 1];
  return (y, cb, cr, out, at) => {
    const level = (y - floor) * luma;
    const [b, r] = [(cb - 128) * chroma, (cr - 128) * chroma];
    out[at] = level + 1.402 * r;
    out[at + 1] = level - 0.344136 * b - 0.714136 * r;
    out[at + 2] = level + 1.772 * b;
  };
}

function paletteSamples(dataset: DicomDataset, frame: DecodedFrame): Uint8ClampedArray {
  const { red, green, blue } = palette(dataset);
  const scale = 255 / (2 ** red.bits - 1);
  const indices = storedValues(frame);
  const out = new Uint8ClampedArray(indices.length * 3);
  for (let i = 0; i < indices.length; i += 1) {
    const index = indices[i]!;
    out[i * 3] = lookUp(red, index) * scale;
    out[i * 3 + 1] = lookUp(green, index) * scale;
    out[i * 3 + 2] = lookUp(blue, index) * scale;
  }
  return out;
}
