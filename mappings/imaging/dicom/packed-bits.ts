import { inflateRawSync } from 'node:zlib';
import { BitHiveError } from '../../../core/errors.ts';
import type { FindingMask } from '../../../core/inference.ts';

/** The packed bits of a mask, exactly as many bytes as its pixels need. Throws BH_FINDING_INVALID. */
export function maskBits(mask: FindingMask): Uint8Array {
  const bytesCount = Math.ceil((mask.rows * mask.columns) / 8);
  const given = Buffer.from(mask.bits, 'base64');
  const bits = mask.isDeflated ? inflated(given, bytesCount) : given;
  if (bits.length === bytesCount) return bits;
  throw new BitHiveError(
    'BH_FINDING_INVALID',
    `a mask of ${mask.rows} x ${mask.columns} has ${bytesCount} bytes, not ${bits.length}`,
  );
}

function inflated(bytes: Uint8Array, bytesCount: number): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: bytesCount + 1 });
  } catch (error) {
    throw new BitHiveError('BH_FINDING_INVALID', 'the bits of a mask are not deflated as they say', {
      cause: error,
    });
  }
}

/**
 * Frames of 1 bit a pixel, one behind the other without padding between them (PS3.5 8.1.1): a frame whose pixels are no multiple of eight
 * begins within a byte.
 */
export function packFrames(frames: readonly Uint8Array[], pixelsPerFrame: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil((frames.length * pixelsPerFrame) / 8));
  frames.forEach((frame, index) => {
    const start = index * pixelsPerFrame;
    const shift = start % 8;
    const at = (start - shift) / 8;
    for (let i = 0; i < frame.length; i += 1) {
      const bits = usedBits(frame, i, pixelsPerFrame);
      packed[at + i] = packed[at + i]! | ((bits << shift) & 0xff);
      if (shift > 0 && at + i + 1 < packed.length) packed[at + i + 1] = bits >>> (8 - shift);
    }
  });
  return packed;
}

/** Bits behind the last pixel of a frame belong to the next one. */
function usedBits(frame: Uint8Array, i: number, pixelsPerFrame: number): number {
  const left = pixelsPerFrame - i * 8;
  return left >= 8 ? frame[i]! : frame[i]! & ((1 << left) - 1);
}
