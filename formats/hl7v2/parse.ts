import { BitHiveError } from '../../core/errors.ts';
import { decodeMessage } from './charset.ts';
import { readDelimiters } from './delimiters.ts';
import { lineBounds } from './lines.ts';
import { Hl7Message } from './message.ts';

export interface ParseOptions {
  /** Character set of messages whose MSH-18 is empty or unknown: a name of HL7 table 0211 or an encoding label. UTF-8 by default. */
  readonly fallbackCharset?: string;
}

/**
 * Reads a message from the bytes that arrived; a byte order mark, an MLLP frame and line ends around it are taken off. Only segments
 * are indexed; fields are split when they are read. Throws BH_HL7_NOT_HL7, and BH_HL7_TOO_LARGE past the segment limit.
 */
export function parseMessage(bytes: Uint8Array, options: ParseOptions = {}): Hl7Message {
  const bare = bareMessage(bytes);
  if (bare[0] !== 0x4d || bare[1] !== 0x53 || bare[2] !== 0x48) {
    throw new BitHiveError('BH_HL7_NOT_HL7', 'does not begin with MSH');
  }
  const decoded = decodeMessage(bare, options.fallbackCharset ?? 'utf-8');
  return new Hl7Message(bare, decoded, readDelimiters(decoded.text), lineBounds(decoded.text));
}

/** The bytes between the optional byte order mark, MLLP frame (VT ... FS CR) and leading line ends. */
function bareMessage(bytes: Uint8Array): Uint8Array {
  let start = 0;
  let end = bytes.length;
  if (bytes[0] === 0x0b) {
    start = 1;
    if (bytes[end - 1] === 0x0d && bytes[end - 2] === 0x1c) end -= 2;
    else if (bytes[end - 1] === 0x1c) end -= 1;
  }
  if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
  while (bytes[start] === 0x0d || bytes[start] === 0x0a) start++;
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, Math.max(start, end));
}
