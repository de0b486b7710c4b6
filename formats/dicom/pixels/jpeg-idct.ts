/**
 * The inverse cosine transform of 8 x 8 coefficients (ITU-T T.81 A.3.3) by the factorisation of Loeffler, Ligtenberg and Moschytz in fixed
 * point of 13 bits, rounded at the same places as the "slow integer" transform of the Independent JPEG Group: dcmtk and gdcm use that one, so
 * that samples agree to the bit and not only within the tolerance of the standard.
 */
export class InverseDct {
  readonly #work = new Int32Array(64);
  /** Fraction bits kept between the two passes: fewer for 12 bits, whose sums would not fit into 32. */
  readonly #passBits: number;
  readonly #centre: number;
  readonly #greatest: number;

  constructor(precision: number) {
    this.#passBits = precision > 8 ? 1 : 2;
    this.#centre = 1 << (precision - 1);
    this.#greatest = (1 << precision) - 1;
  }

  /** `coefficients`: dequantised, row by row. Writes 8 rows of 8 samples, `stride` apart. */
  transform(coefficients: Int32Array, out: Uint8Array | Uint16Array, at: number, stride: number): void {
    const work = this.#work;
    const passBits = this.#passBits;
    for (let column = 0; column < 8; column += 1) pass(coefficients, work, column, 8, 13 - passBits);
    for (let row = 0; row < 64; row += 8) pass(work, work, row, 1, 13 + passBits + 3);
    for (let row = 0, to = at; row < 64; row += 8, to += stride) {
      for (let k = 0; k < 8; k += 1) out[to + k] = this.#sample(work[row + k]!);
    }
  }

  /** The same for a block whose one coefficient other than zero is the first. */
  flat(coefficient: number, out: Uint8Array | Uint16Array, at: number, stride: number): void {
    const passBits = this.#passBits;
    const half = 1 << (passBits + 2);
    const value = this.#sample(((coefficient << passBits) + half) >> (passBits + 3));
    for (let row = 0, to = at; row < 8; row += 1, to += stride) out.fill(value, to, to + 8);
  }

  #sample(value: number): number {
    const sample = value + this.#centre;
    if (sample < 0) return 0;
    return Math.min(sample, this.#greatest);
  }
}

/** One dimension: 8 values from `at` on, `step` apart; the sums lose `shift` bits, rounded. */
function pass(from: Int32Array, to: Int32Array, at: number, step: number, shift: number): void {
  const [i1, i2, i3, i4] = [at + step, at + 2 * step, at + 3 * step, at + 4 * step];
  const [i5, i6, i7] = [at + 5 * step, at + 6 * step, at + 7 * step];
  const half = 1 << (shift - 1);
  // Even part. Constants are cosines times 2^13.
  const evens = (from[i2]! + from[i6]!) * 4433;
  const low = evens - from[i6]! * 15137;
  const high = evens + from[i2]! * 6270;
  const sum = (from[at]! + from[i4]!) * 8192;
  const difference = (from[at]! - from[i4]!) * 8192;
  const e0 = sum + high + half;
  const e3 = sum - high + half;
  const e1 = difference + low + half;
  const e2 = difference - low + half;
  // Odd part.
  const [a, b, c, d] = [from[i7]!, from[i5]!, from[i3]!, from[i1]!];
  const all = (a + c + b + d) * 9633;
  const z1 = (a + d) * -7373;
  const z2 = (b + c) * -20995;
  const z3 = (a + c) * -16069 + all;
  const z4 = (b + d) * -3196 + all;
  const o0 = a * 2446 + z1 + z3;
  const o1 = b * 16819 + z2 + z4;
  const o2 = c * 25172 + z2 + z3;
  const o3 = d * 12299 + z1 + z4;
  to[at] = (e0 + o3) >> shift;
  to[i7] = (e0 - o3) >> shift;
  to[i1] = (e1 + o2) >> shift;
  to[i6] = (e1 - o2) >> shift;
  to[i2] = (e2 + o1) >> shift;
  to[i5] = (e2 - o1) >> shift;
  to[i3] = (e3 + o0) >> shift;
  to[i4] = (e3 - o0) >> shift;
}
