import { assert } from '../../../../core/assert.ts';

const slotsFirst = 4096;

/** Fingerprint to sequence number, open addressing in typed arrays: 16 bytes a slot where a Map takes about 80. Zero is no fingerprint. */
export class FingerprintTable {
  #keys = new Float64Array(slotsFirst);
  #values = new Float64Array(slotsFirst);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get(key: number): number | undefined {
    const slot = this.#slotOf(key);
    return this.#keys[slot] === key ? this.#values[slot] : undefined;
  }

  set(key: number, value: number): void {
    assert(key > 0, 'a fingerprint is positive');
    if (this.#count * 2 >= this.#keys.length) this.#grow();
    const slot = this.#slotOf(key);
    if (this.#keys[slot] === 0) this.#count += 1;
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = (key % 0x1_0000_0000) & mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(keys.length * 2);
    this.#values = new Float64Array(keys.length * 2);
    for (let at = 0; at < keys.length; at += 1) {
      if (keys[at] === 0) continue;
      const slot = this.#slotOf(keys[at]!);
      this.#keys[slot] = keys[at]!;
      this.#values[slot] = values[at]!;
    }
  }
}
