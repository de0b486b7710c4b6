/**
 * A 52-bit fingerprint of a text, for tables in memory that are verified against the row they point to. Two 32-bit lanes of
 * multiply-xor mixing; the seed is drawn per database, so that a sender cannot prepare texts that collide.
 */
export function fingerprint(text: string, seed: number): number {
  let high = 0x9e3779b9 ^ seed;
  let low = 0x85ebca6b ^ seed;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x2c1b3c6d);
    low = Math.imul(low ^ unit, 0x297a2d39);
  }
  high = Math.imul(high ^ (high >>> 15), 0x735a2d97) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x7feb352d) ^ Math.imul(high ^ (high >>> 13), 0x846ca68b);
  return (high >>> 12) * 0x1_0000_0000 + (low >>> 0);
}
