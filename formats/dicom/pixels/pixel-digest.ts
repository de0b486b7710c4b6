import { createHash, type Hash } from 'node:crypto';
import type { Samples } from './decoded-frame.ts';
import type { FrameGeometry } from './geometry.ts';
import type { NativeFrame, PixelFrames } from './open-pixels.ts';
import { typedSamples } from './typed-samples.ts';

/** What all frames of an object decode to. */
export interface PixelDigest {
  /**
   * SHA-256, hexadecimal, over all frames as native little-endian samples without padding: those of one bit packed over all frames, colour
   * in the planes that the object names, no LUT applied.
   */
  readonly sha256: string;
  /** Of the decoded samples: RGB where the codec undid a colour transform. */
  readonly photometric: string;
  readonly statistics?: SampleStatistics;
}

/** Of the samples as they are stored. */
export interface SampleStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** Decodes each frame of an object once, one at a time. Throws as `openPixels` does. */
export async function pixelDigest(frames: PixelFrames, withStatistics: boolean): Promise<PixelDigest> {
  const { geometry } = frames;
  const hash = createHash('sha256');
  const packed = geometry.bitsAllocated === 1 ? new PackedBits(hash) : undefined;
  const sums = new Sums();
  let photometric = geometry.photometric;
  for (let index = 0; index < geometry.framesCount; index += 1) {
    const native = await frames.native(index);
    photometric = native.photometric;
    if (packed) packed.add(native.bytes, geometry.rows * geometry.columns * geometry.samplesPerPixel);
    else hash.update(inPlanesOfObject(native, geometry));
    if (withStatistics) sums.add(typedSamples(native.bytes, frames.pixelTag, geometry), geometry);
  }
  packed?.finish();
  const sha256 = hash.digest('hex');
  return { sha256, photometric, ...(withStatistics && { statistics: sums.statistics }) };
}

/** Codecs give colour by pixel; an object that says colour by plane has its samples so when it is native. */
function inPlanesOfObject({ bytes, isPlanar }: NativeFrame, geometry: FrameGeometry): Uint8Array {
  if (isPlanar || !geometry.isPlanar) return bytes;
  const width = geometry.bitsAllocated / 8;
  const { samplesPerPixel } = geometry;
  const cells = geometry.rows * geometry.columns;
  const out = new Uint8Array(bytes.length);
  for (let cell = 0, from = 0; cell < cells; cell += 1) {
    for (let sample = 0; sample < samplesPerPixel; sample += 1) {
      for (let k = 0; k < width; k += 1, from += 1) out[(sample * cells + cell) * width + k] = bytes[from]!;
    }
  }
  return out;
}

/** Joins frames of one bit, each of which begins at a byte, without a gap between them. */
class PackedBits {
  readonly #hash: Hash;
  #pending = 0;
  #pendingCount = 0;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  add(bytes: Uint8Array, bitsCount: number): void {
    const count = this.#pendingCount;
    const total = count + bitsCount;
    const out = new Uint8Array(Math.ceil(total / 8));
    out[0] = this.#pending;
    for (let i = 0; i < bytes.length; i += 1) {
      out[i]! |= bytes[i]! << count;
      if (i + 1 < out.length) out[i + 1] = bytes[i]! >> (8 - count);
    }
    this.#pendingCount = total % 8;
    const whole = Math.floor(total / 8);
    // What a codec leaves in the last byte behind a frame's bits is no pixel.
    this.#pending = this.#pendingCount === 0 ? 0 : out[whole]! & ((1 << this.#pendingCount) - 1);
    this.#hash.update(out.subarray(0, whole));
  }

  finish(): void {
    if (this.#pendingCount > 0) this.#hash.update(Uint8Array.of(this.#pending));
  }
}

class Sums {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #sum = 0;
  #count = 0;

  add(samples: Samples, { rows, columns, samplesPerPixel, bitsAllocated }: FrameGeometry): void {
    const values = bitsAllocated === 1 ? unpacked(samples, rows * columns * samplesPerPixel) : samples;
    for (const value of values) {
      if (value < this.#min) this.#min = value;
      if (value > this.#max) this.#max = value;
      this.#sum += value;
    }
    this.#count += values.length;
  }

  get statistics(): SampleStatistics {
    return { min: this.#min, max: this.#max, mean: this.#sum / this.#count };
  }
}

const unpacked = (bits: Samples, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (bits[i >> 3]! >> (i & 7)) & 1);
