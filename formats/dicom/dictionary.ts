import { tagMasksByVr, tagStepsByVr } from './tables/dictionary.ts';

const vrByTag = new Map<number, string>();
for (const [vr, steps] of Object.entries(tagStepsByVr)) {
  let tag = 0;
  for (const step of steps.trim().split(/\s+/)) {
    tag += Number.parseInt(step, 16);
    vrByTag.set(tag, vr);
  }
}

interface Mask {
  readonly bits: number;
  readonly value: number;
  readonly vr: string;
}
/** Repeating groups, by the part that does not repeat. */
const masks: readonly Mask[] = Object.entries(tagMasksByVr).flatMap(([vr, words]) =>
  words
    .trim()
    .split(/\s+/)
    .map((word) => ({
      bits: Number.parseInt(word.replace(/[^x]/g, 'f').replace(/x/g, '0'), 16),
      value: Number.parseInt(word.replace(/x/g, '0'), 16),
      vr,
    })),
);

/**
 * The VR of a tag in implicit VR (PS3.6; PS3.5 7.8 for private elements): one of the VRs, or `xs` / `ox` / `lt` where the
 * object decides, or `UN`.
 */
export function dictionaryVr(tag: number): string {
  const known = vrByTag.get(tag);
  if (known !== undefined) return known;
  const element = tag & 0xffff;
  if (element === 0) return 'UL';
  if ((tag >>> 16) & 1) return element >= 0x10 && element <= 0xff ? 'LO' : 'UN';
  for (const mask of masks) if ((tag & mask.bits) >>> 0 === mask.value) return mask.vr;
  return 'UN';
}
