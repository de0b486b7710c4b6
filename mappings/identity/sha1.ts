/**
 * SHA-1 (RFC 3174) of short names, for UUIDs of version 5 only: never for a secret. A call into node:crypto costs 1.5 us before it has
 * hashed anything, five times what these hundred bytes cost here, and a message makes a dozen.
 */
export interface NameHash {
  /** Five words of the digest over prefix and name (UTF-8); overwritten by the next call. */
  digest(name: string): Int32Array;
}

const blockBytes = 64;
/** Longer names are rare: they get memory of their own. */
const scratchBytes = 4096;

export function nameHash(prefix: Uint8Array): NameHash {
  const words = new Int32Array(80);
  const state = new Int32Array(5);
  // The prefix stands at the head of the scratch for good: names are written behind it.
  const usual = new Uint8Array(scratchBytes);
  usual.set(prefix);
  return {
    digest(name) {
      const bytesMax = prefix.length + 3 * name.length + 2 * blockBytes;
      const scratch = bytesMax <= scratchBytes ? usual : new Uint8Array(bytesMax);
      if (scratch !== usual) scratch.set(prefix);
      const length = prefix.length + writeUtf8(scratch, prefix.length, name);
      const padded = pad(scratch, length);
      initialize(state);
      for (let at = 0; at < padded; at += blockBytes) compress(state, words, scratch, at);
      return state;
    },
  };
}

function writeUtf8(target: Uint8Array, start: number, text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return encoder.encodeInto(text, target.subarray(start)).written;
    target[start + at] = code;
  }
  return text.length;
}

const encoder = new TextEncoder();

/** A one bit, zeros, and the length in bits at the end of the last block (RFC 3174 4). Answers the padded length. */
function pad(bytes: Uint8Array, length: number): number {
  const padded = (((length + 8) >>> 6) + 1) * blockBytes;
  for (let at = length; at < padded; at++) bytes[at] = 0;
  bytes[length] = 0x80;
  const bits = length * 8;
  for (let at = 1; at <= 4; at++) bytes[padded - at] = bits >>> (8 * (at - 1));
  return padded;
}

function initialize(state: Int32Array): void {
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0;
}

function schedule(words: Int32Array, block: Uint8Array, start: number): void {
  for (let at = 0; at < 16; at++) {
    const byte = start + 4 * at;
    words[at] = (block[byte]! << 24) | (block[byte + 1]! << 16) | (block[byte + 2]! << 8) | block[byte + 3]!;
  }
  for (let at = 16; at < 80; at++) {
    const mixed = words[at - 3]! ^ words[at - 8]! ^ words[at - 14]! ^ words[at - 16]!;
    words[at] = (mixed << 1) | (mixed >>> 31);
  }
}

/** RFC 3174 6.1, the four kinds of rounds one after the other, so that none is chosen per round. */
function compress(state: Int32Array, words: Int32Array, block: Uint8Array, start: number): void {
  schedule(words, block, start);
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let at = 0; at < 20; at++) {
    const next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + 0x5a827999 + e + words[at]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let at = 20; at < 40; at++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0x6ed9eba1 + e + words[at]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let at = 40; at < 60; at++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + 0x8f1bbcdc + e + words[at]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let at = 60; at < 80; at++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0xca62c1d6 + e + words[at]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
}
