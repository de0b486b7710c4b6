import { encode } from 'fast-png';
import { type DecodedFrame, type DicomDataset, grayscale } from '../../../../formats/dicom/index.ts';

/** Samples of 8 bits, by pixel. */
interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** A frame as a viewer would show it, as PNG of at most `sideMax` pixels in each direction. Throws BH_DICOM_* where it cannot be shown. */
export function pngImage(
  dataset: DicomDataset,
  frame: DecodedFrame,
  index: number,
  sideMax: number,
): Uint8Array {
  const { width, height, channels, data } = reduced(
    colourOf(frame) ?? greyOf(dataset, frame, index),
    sideMax,
  );
  return encode({ width, height, data, channels, depth: 8 });
}

function greyOf(dataset: DicomDataset, frame: DecodedFrame, index: number): Image {
  const values = grayscale(dataset, frame, index);
  return {
    width: frame.columns,
    height: frame.rows,
    channels: 1,
    data: Uint8Array.from(values, (value) => Math.round(Math.min(Math.max(value, 0), 1) * 255)),
  };
}

/** null where a colour image has another form than 8 bits of RGB or YBR_FULL: it is shown by its luminance. */
function colourOf(frame: DecodedFrame): Image | null {
  const { rows, columns, samplesPerPixel, bitsAllocated, planar, photometric, pixels } = frame;
  const isYbr = photometric === 'YBR_FULL';
  if (samplesPerPixel !== 3 || bitsAllocated !== 8 || (photometric !== 'RGB' && !isYbr)) return null;
  const cells = rows * columns;
  const [step, next] = planar ? [1, cells] : [3, 1];
  const data = new Uint8ClampedArray(cells * 3);
  for (let i = 0; i < cells; i += 1) {
    const [a, b, c] = [pixels[i * step]!, pixels[i * step + next]!, pixels[i * step + 2 * next]!];
    // PS3.3 C.7.6.3.1.2, turned round.
    data[i * 3] = isYbr ? a + 1.402 * (c - 128) : a;
    data[i * 3 + 1] = isYbr ? a - 0.344136 * (b - 128) - 0.714136 * (c - 128) : b;
    data[i * 3 + 2] = isYbr ? a + 1.772 * (b - 128) : c;
  }
  return { width: columns, height: rows, channels: 3, data: new Uint8Array(data.buffer) };
}

/** Each pixel is the mean of the square of pixels that it stands for. */
function reduced(image: Image, sideMax: number): Image {
  const factor = Math.ceil(Math.max(image.width, image.height) / sideMax);
  if (factor <= 1) return image;
  const { channels } = image;
  const width = Math.max(1, Math.floor(image.width / factor));
  const height = Math.max(1, Math.floor(image.height / factor));
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < channels; c += 1)
        data[(y * width + x) * channels + c] = mean(image, x, y, c, factor);
    }
  }
  return { width, height, channels, data };
}

function mean(image: Image, x: number, y: number, channel: number, factor: number): number {
  const right = Math.min((x + 1) * factor, image.width);
  const bottom = Math.min((y + 1) * factor, image.height);
  let sum = 0;
  let count = 0;
  for (let row = y * factor; row < bottom; row += 1) {
    for (let column = x * factor; column < right; column += 1) {
      sum += image.data[(row * image.width + column) * image.channels + channel]!;
      count += 1;
    }
  }
  return count === 0 ? 0 : Math.round(sum / count);
}
