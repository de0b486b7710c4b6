import { inflateSync } from 'node:zlib';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Pseudonyms } from './pseudonyms.ts';

const chunkBytes = 4 * 1024 * 1024;
/** The longest pseudonym and what may stand around it. */
const overlapBytes = 64;
const carriageReturn = 13;
const forms = /2\.25\.\d{1,39}|BH[0-9A-Z]{20}/g;
/** A UID of ours has 122 bits, the first of them seldom zero: shorter ones are as good as never made. */
const uidCharsMin = '2.25.'.length + 30;

/** The first pseudonym by this key that stands as text somewhere in bytes. */
export function pseudonymIn(bytes: Uint8Array, pseudonyms: Pseudonyms): string | undefined {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const end = Math.min(bytes.length, at + chunkBytes + overlapBytes);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1');
    const found = pseudonymInText(text, pseudonyms);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One may begin within what only looks like one, and digits may follow it. */
function pseudonymInText(text: string, pseudonyms: Pseudonyms): string | undefined {
  const search = new RegExp(forms);
  for (let match = search.exec(text); match !== null; match = search.exec(text)) {
    const [found] = match;
    const own = found.startsWith('BH') ? ownPatient(found, pseudonyms) : ownUid(found, pseudonyms);
    if (own !== undefined) return own;
    search.lastIndex = match.index + 1;
  }
  return undefined;
}

const ownPatient = (found: string, pseudonyms: Pseudonyms): string | undefined =>
  pseudonyms.isOwnPatient(found) ? found : undefined;

function ownUid(found: string, pseudonyms: Pseudonyms): string | undefined {
  for (let length = found.length; length >= uidCharsMin; length -= 1) {
    const uid = found.slice(0, length);
    if (pseudonyms.isOwnUid(uid)) return uid;
  }
  return undefined;
}

/**
 * The same in a document: PDF keeps most of its text in compressed streams (ISO 32000 7.3.8). A page that draws the characters of a pseudonym apart
 * from each other is not understood.
 *
 * @throws BH_REIDENTIFY_UNCERTAIN where more is compressed than can be looked through
 */
export function pseudonymInDocument(bytes: Uint8Array, pseudonyms: Pseudonyms): string | undefined {
  const plain = pseudonymIn(bytes, pseudonyms);
  if (plain !== undefined) return plain;
  let bytesLeft: number = limits.reidentifyInflateBytesMax;
  for (const stream of streamsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) {
    const inflated = inflatedOf(stream, bytesLeft);
    bytesLeft -= inflated.length;
    const found = pseudonymIn(inflated, pseudonyms);
    if (found !== undefined) return found;
  }
  return undefined;
}

function* streamsOf(document: Buffer): Generator<Buffer> {
  let end = 0;
  for (;;) {
    const start = document.indexOf('stream', end);
    if (start < 0) return;
    end = document.indexOf('endstream', start);
    if (end < 0) return;
    const from = start + 'stream'.length;
    yield document.subarray(from + (document[from] === carriageReturn ? 2 : 1), end);
    end += 'endstream'.length;
  }
}

/** Nothing, where it is no such stream: the search of the bytes has seen its text. */
function inflatedOf(stream: Buffer, maxOutputLength: number): Uint8Array {
  try {
    return inflateSync(stream, { maxOutputLength: Math.max(1, maxOutputLength) });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') return new Uint8Array(0);
    throw new BitHiveError('BH_REIDENTIFY_UNCERTAIN', 'the document is too large to be looked through', {
      cause,
    });
  }
}
