import { randomBytes } from 'node:crypto';
import type { Random } from '../core/ports/index.ts';

/** Chance from the system's generator, good enough for tokens. */
export const systemRandom: Random = {
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  bytes: (count) => new Uint8Array(randomBytes(count)),
};
