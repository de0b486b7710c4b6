import { BitHiveError } from '../../core/errors.ts';

/** Headers of one part; names are lower case. */
export type PartHeaders = ReadonlyMap<string, string>;

const nameShape = /^[!-9;-~]+$/;

/**
 * Reads the header lines of a part (RFC 2046 section 5.1, RFC 5322 section 2.2), unfolding continued lines. The first of equal names
 * stands. Throws BH_MULTIPART_SYNTAX for a line that is no header.
 */
export function parsePartHeaders(bytes: Buffer): PartHeaders {
  const headers = new Map<string, string>();
  if (bytes.length === 0) return headers;
  const lines = bytes
    .toString('latin1')
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (!nameShape.test(name)) {
      throw new BitHiveError('BH_MULTIPART_SYNTAX', 'a header line of a part has no name and colon');
    }
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}
