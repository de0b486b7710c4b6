import { deflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maskBits, packFrames } from '../../../../mappings/imaging/dicom/packed-bits.ts';
import { masked, packed } from './findings.ts';

test('frames stand one behind the other, whatever their size; bits behind a frame never reach the next one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 6 }),
      fc.infiniteStream(fc.boolean()),
      (pixels, count, stream) => {
        const frames = Array.from({ length: count }, () =>
          Array.from({ length: pixels }, () => (stream.next().value ? 1 : 0)),
        );
        const bytes = frames.map((frame) => {
          const frameBytes = Uint8Array.from(Buffer.from(packed(frame), 'base64'));
          // What stands behind the last pixel of a frame is not its own.
          if (pixels % 8 !== 0) frameBytes[frameBytes.length - 1]! |= (0xff << (pixels % 8)) & 0xff;
          return frameBytes;
        });
        const all = packFrames(bytes, pixels);
        expect(all).toHaveLength(Math.ceil((pixels * count) / 8));
        const bits = Array.from({ length: pixels * count }, (_, i) => (all[i >> 3]! >> (i & 7)) & 1);
        expect(bits).toEqual(frames.flat());
      },
    ),
  );
});

test('deflated bits are the same bits, and never more than the pixels need', () => {
  const [mask] = masked.masks ?? [];
  if (mask === undefined) throw new TypeError('the finding has masks');
  const deflated = deflateRawSync(Buffer.from(mask.bits, 'base64')).toString('base64');
  expect(maskBits({ ...mask, bits: deflated, isDeflated: true })).toEqual(maskBits(mask));
  const bomb = deflateRawSync(Buffer.alloc(1024 * 1024)).toString('base64');
  expect(() => maskBits({ ...mask, bits: bomb, isDeflated: true })).toThrow('BH_FINDING_INVALID');
  expect(() => maskBits({ ...mask, bits: 'AAAA', isDeflated: true })).toThrow('BH_FINDING_INVALID');
});
