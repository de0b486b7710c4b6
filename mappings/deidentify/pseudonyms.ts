import { createHmac } from 'node:crypto';
import { BitHiveError } from '../../core/errors.ts';

const secretCharsMin = 32;
const bodyBits = 80n;
const checkBits = 42n;
/** Crockford's base 32: no letters that are read as digits. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const patientBodyChars = 12;
const patientCheckChars = 8;
const shiftDaysMax = 3650;

/**
 * Names in place of names, by a key: the same original always gets the same, nobody without the key can tell the original or make one. Each carries a
 * keyed check, so that the holder of the key knows its own and leaves them as they are.
 */
export interface Pseudonyms {
  /** `2.25.` and a UUID of version 8. */
  uid(original: string): string;
  isOwnUid(uid: string): boolean;
  /** `BH` and 20 characters. */
  patient(original: string): string;
  isOwnPatient(id: string): boolean;
  /** Whole days, -1 to -3650, by which all dates of a patient are moved. */
  shiftDays(patient: string): number;
  /** A word of `chars` characters for a name that must differ from others, an AE title. */
  word(original: string, chars: number): string;
}

/**
 * @param secret at least 32 characters
 * @throws BH_CONFIG_SECRET
 */
export function pseudonymsOf(secret: string): Pseudonyms {
  if (secret.length < secretCharsMin) {
    throw new BitHiveError(
      'BH_CONFIG_SECRET',
      `the key of the de-identification has less than ${secretCharsMin} characters`,
    );
  }
  const hash = (kind: string, text: string): Buffer =>
    createHmac('sha256', secret).update(`bithive-deidentify-1|${kind}|${text}`).digest();
  const uidCheck = (body: bigint): bigint => bits(hash('uid-check', body.toString(16)), checkBits);
  const patientCheck = (body: string): string => chars(hash('patient-check', body), patientCheckChars);
  return {
    uid(original) {
      const body = bits(hash('uid', original), bodyBits);
      return `2.25.${uuidNumber((body << checkBits) | uidCheck(body))}`;
    },
    isOwnUid(uid) {
      const payload = payloadOf(uid);
      if (payload === undefined) return false;
      const body = payload >> checkBits;
      return (payload & ((1n << checkBits) - 1n)) === uidCheck(body);
    },
    patient(original) {
      const body = chars(hash('patient', original), patientBodyChars);
      return `BH${body}${patientCheck(body)}`;
    },
    isOwnPatient(id) {
      if (id.length !== 2 + patientBodyChars + patientCheckChars || !id.startsWith('BH')) return false;
      const body = id.slice(2, 2 + patientBodyChars);
      return id === `BH${body}${patientCheck(body)}`;
    },
    shiftDays: (patient) => -1 - (hash('days', patient).readUInt32BE(0) % shiftDaysMax),
    word: (original, count) => chars(hash('word', original), count),
  };
}

/** The first bits of a hash. */
const bits = (hash: Buffer, count: bigint): bigint => BigInt(`0x${hash.toString('hex')}`) >> (256n - count);

function chars(hash: Buffer, count: number): string {
  return Array.from(hash.subarray(0, count), (byte) => alphabet[byte & 31]).join('');
}

/** 122 bits and, between them, version 8 and the variant (RFC 9562 5.8). */
function uuidNumber(payload: bigint): bigint {
  const head = payload >> 74n;
  const middle = (payload >> 62n) & 0xfffn;
  const tail = payload & ((1n << 62n) - 1n);
  return (head << 80n) | (8n << 76n) | (middle << 64n) | (2n << 62n) | tail;
}

/** Made by some key as this engine makes its UIDs: `isOwnUid` tells whose. */
export const hasFormOfPseudonym = (uid: string): boolean => payloadOf(uid) !== undefined;

function payloadOf(uid: string): bigint | undefined {
  if (!/^2\.25\.[1-9]\d{0,38}$/.test(uid)) return undefined;
  const uuid = BigInt(uid.slice('2.25.'.length));
  if (uuid >> 128n !== 0n || ((uuid >> 76n) & 0xfn) !== 8n || ((uuid >> 62n) & 3n) !== 2n) return undefined;
  return ((uuid >> 80n) << 74n) | (((uuid >> 64n) & 0xfffn) << 62n) | (uuid & ((1n << 62n) - 1n));
}
