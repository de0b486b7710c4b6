import { BitHiveError } from '../../core/errors.ts';
import {
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
  type TransferSyntax,
  transferSyntax,
} from './transfer-syntax.ts';
import { vrOfBytes } from './vr.ts';

/** Bytes that `objectStart` and `effectiveSyntax` look at. */
export const startBytesCount = 148;

/**
 * Where group 0002, or the data set of an object without it, begins: after the preamble and DICM (PS3.10 7.1), or at once
 * where a writer left them out and what follows is plausible. Throws BH_DICOM_SYNTAX for anything else.
 */
export function objectStart(bytes: Uint8Array): number {
  if (hasMagic(bytes, 128)) return 132;
  if (hasMagic(bytes, 0)) return 4;
  const group = bytes.length >= 8 ? bytes[0]! + bytes[1]! * 256 : -1;
  if (group === 2 && looksExplicit(bytes, 0)) return 0;
  if (guessEncoding(bytes) !== undefined) return 0;
  throw new BitHiveError('BH_DICOM_SYNTAX', 'no DICM prefix and no DICOM data set');
}

function hasMagic(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x44 && bytes[at + 1] === 0x49 && bytes[at + 2] === 0x43 && bytes[at + 3] === 0x4d;
}

/**
 * The syntax that the data set is really written in: the declared one, unless its first element contradicts it and fits another
 * native one. `first` begins at the data set. Throws BH_DICOM_SYNTAX when nothing is declared and nothing fits.
 */
export function effectiveSyntax(declared: string | undefined, first: Uint8Array): TransferSyntax {
  const guess = guessEncoding(first);
  if (declared === undefined) {
    if (guess === undefined)
      throw new BitHiveError('BH_DICOM_SYNTAX', 'no transfer syntax, and none can be guessed');
    return transferSyntax(guess);
  }
  const syntax = transferSyntax(declared);
  const isNative = [implicitLittleEndian, explicitLittleEndian, explicitBigEndian].includes(declared);
  return isNative && guess !== undefined ? transferSyntax(guess) : syntax;
}

/** By the first element, which is of group 0008 in every object (PS3.3 C.12.1); undefined when it is not. */
function guessEncoding(bytes: Uint8Array): string | undefined {
  if (bytes.length < 8) return undefined;
  if (bytes[0] === 0 && bytes[1] === 8) return looksExplicit(bytes, 0) ? explicitBigEndian : undefined;
  if (bytes[0] !== 8 || bytes[1] !== 0) return undefined;
  if (looksExplicit(bytes, 0)) return explicitLittleEndian;
  // A first element is a group length, a character set or a UID: never longer than this.
  return bytes[6] === 0 && bytes[7] === 0 && bytes[5]! < 4 ? implicitLittleEndian : undefined;
}

function looksExplicit(bytes: Uint8Array, at: number): boolean {
  return vrOfBytes(bytes[at + 4]!, bytes[at + 5]!) !== undefined;
}
