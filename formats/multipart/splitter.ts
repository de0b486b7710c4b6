import { BitHiveError } from '../../core/errors.ts';
import { type PartHeaders, parsePartHeaders } from './part-headers.ts';

export interface MultipartLimits {
  readonly partsMax: number;
  readonly partBytesMax: number;
  readonly partHeaderBytesMax: number;
}

export type MultipartToken =
  | { readonly kind: 'part'; readonly headers: PartHeaders }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'part-end' }
  /** Always the last token: nothing after it can be trusted. */
  | { readonly kind: 'broken'; readonly error: BitHiveError };

const nothing = Buffer.alloc(0);
const cr = 0x0d;
const lf = 0x0a;
const hyphen = 0x2d;
const headerEnd = Buffer.from('\r\n\r\n');
/** Bytes before the first boundary that are skipped; a body that is no multipart at all is refused soon. */
const preambleBytesMax = 64 * 1024;
/** RFC 2046 lets a relay pad a boundary line; more than this is data. */
const paddingBytesMax = 256;
const boundaryShape = /^[0-9A-Za-z'()+_,\-./:=? ]{0,199}[0-9A-Za-z'()+_,\-./:=?]$/;

/**
 * Splits a multipart body (RFC 2046 section 5.1.1) that comes in pieces of any size. A delimiter is CRLF, `--`, the boundary, then `--`
 * or padding and CRLF; the same bytes with anything else behind them are data, as pixel data may hold them. Lines that end with
 * LF alone are not tolerated: binary data holds LF everywhere, and a guess would cut an image.
 *
 * The search runs at the speed of `Buffer.indexOf`. Data is handed on as views of the pieces that came in; only the possible
 * beginning of a delimiter at the end of a piece is copied, and joined with the next one.
 */
export class MultipartSplitter {
  readonly #delimiter: Buffer;
  readonly #limits: MultipartLimits;
  #state: 'preamble' | 'headers' | 'body' | 'epilogue' | 'broken' = 'preamble';
  /** The first delimiter may stand at the very beginning; a CRLF put before it makes it one like the others. */
  #held: Buffer = Buffer.from('\r\n');
  #tokens: MultipartToken[] = [];
  #partsCount = 0;
  #bytesCount = 0;
  /** The CRLF that ends the headers belongs to the delimiter when the part has no body, so it is dropped only when it comes out as data. */
  #dropBytes = 0;

  /** Throws BH_MULTIPART_SYNTAX when `boundary` can't be one (RFC 2046 section 5.1.1; up to 200 characters are taken). */
  constructor(boundary: string, limits: MultipartLimits) {
    if (!boundaryShape.test(boundary)) {
      throw new BitHiveError('BH_MULTIPART_SYNTAX', 'the boundary parameter is missing or not valid');
    }
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    this.#limits = limits;
  }

  get isClosed(): boolean {
    return this.#state === 'epilogue';
  }

  /** Takes the next piece. The bytes of the tokens are views of it: use them before it is overwritten. */
  push(piece: Uint8Array): readonly MultipartToken[] {
    this.#tokens = [];
    try {
      this.#read(this.#withHeld(piece));
    } catch (error) {
      if (!(error instanceof BitHiveError)) throw error;
      this.#break(error);
    }
    return this.#tokens;
  }

  /** Tells that no more comes: a `broken` token unless the closing boundary was seen. */
  end(): readonly MultipartToken[] {
    this.#tokens = [];
    if (this.#state === 'epilogue' || this.#state === 'broken') return this.#tokens;
    const what = this.#state === 'preamble' ? 'the boundary does not appear' : 'the boundary is never closed';
    this.#break(new BitHiveError('BH_MULTIPART_SYNTAX', what));
    return this.#tokens;
  }

  #break(error: BitHiveError): void {
    this.#state = 'broken';
    this.#tokens.push({ kind: 'broken', error });
  }

  #withHeld(piece: Uint8Array): Buffer {
    if (this.#held.length > 0) {
      const joined = Buffer.concat([this.#held, piece]);
      this.#held = nothing;
      return joined;
    }
    return Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  }

  /** Runs the states over one buffer; each step returns where the next goes on, or null when it holds the rest back. */
  #read(buffer: Buffer): void {
    let position: number | null = 0;
    while (position !== null && this.#state !== 'epilogue' && this.#state !== 'broken') {
      position =
        this.#state === 'headers' ? this.#readHeaders(buffer, position) : this.#readData(buffer, position);
    }
  }

  /** `start` is at the CRLF that ends the boundary line. */
  #readHeaders(buffer: Buffer, start: number): number | null {
    const end = buffer.indexOf(headerEnd, start);
    const length = (end < 0 ? buffer.length : end) - start;
    if (length > this.#limits.partHeaderBytesMax) {
      throw new BitHiveError('BH_MULTIPART_LIMIT', `headers over ${this.#limits.partHeaderBytesMax} bytes`);
    }
    if (end < 0) {
      this.#held = Buffer.from(buffer.subarray(start));
      return null;
    }
    this.#partsCount += 1;
    if (this.#partsCount > this.#limits.partsMax) {
      throw new BitHiveError('BH_MULTIPART_LIMIT', `more than ${this.#limits.partsMax} parts`);
    }
    const headers = parsePartHeaders(buffer.subarray(Math.min(start + 2, end), end));
    this.#tokens.push({ kind: 'part', headers });
    this.#state = 'body';
    this.#bytesCount = 0;
    this.#dropBytes = 2;
    return end + 2;
  }

  #readData(buffer: Buffer, start: number): number | null {
    let from = start;
    for (;;) {
      const at = buffer.indexOf(this.#delimiter, from);
      if (at < 0) return this.#holdBack(buffer, start, this.#startOfTail(buffer, from));
      const behind = at + this.#delimiter.length;
      const next = endOfDelimiter(buffer, behind);
      if (next === 'unknown') return this.#holdBack(buffer, start, at);
      if (next === 'data') {
        from = behind;
        continue;
      }
      this.#emit(buffer.subarray(start, at));
      if (this.#state === 'body') this.#tokens.push({ kind: 'part-end' });
      this.#state = next === 'close' ? 'epilogue' : 'headers';
      return next === 'close' ? null : next;
    }
  }

  #holdBack(buffer: Buffer, start: number, tail: number): null {
    this.#emit(buffer.subarray(start, tail));
    // A copy: the caller may use the piece's memory again.
    this.#held = Buffer.from(buffer.subarray(tail));
    return null;
  }

  /** Where a delimiter that goes on in the next piece may have begun. A boundary holds no CR, so only the last CR can be it. */
  #startOfTail(buffer: Buffer, from: number): number {
    const earliest = Math.max(from, buffer.length - this.#delimiter.length + 1);
    const last = buffer.subarray(earliest).lastIndexOf(cr);
    if (last < 0) return buffer.length;
    const start = earliest + last;
    const isPrefix = this.#delimiter.compare(buffer, start, buffer.length, 0, buffer.length - start) === 0;
    return isPrefix ? start : buffer.length;
  }

  #emit(bytes: Buffer): void {
    const dropped = Math.min(this.#dropBytes, bytes.length);
    this.#dropBytes -= dropped;
    const rest = bytes.subarray(dropped);
    this.#bytesCount += rest.length;
    if (this.#state === 'preamble') {
      if (this.#bytesCount <= preambleBytesMax) return;
      throw new BitHiveError('BH_MULTIPART_SYNTAX', `no boundary in the first ${preambleBytesMax} bytes`);
    }
    if (this.#bytesCount > this.#limits.partBytesMax) {
      throw new BitHiveError('BH_MULTIPART_LIMIT', `a part over ${this.#limits.partBytesMax} bytes`);
    }
    if (rest.length > 0) this.#tokens.push({ kind: 'bytes', bytes: rest });
  }
}

/** Judges what stands behind `CRLF -- boundary`: the position of the CRLF that ends the line, or a word. */
function endOfDelimiter(buffer: Buffer, behind: number): number | 'close' | 'data' | 'unknown' {
  if (buffer[behind] === hyphen) {
    if (behind + 1 >= buffer.length) return 'unknown';
    return buffer[behind + 1] === hyphen ? 'close' : 'data';
  }
  let position = behind;
  while (buffer[position] === 0x20 || buffer[position] === 0x09) position += 1;
  if (position - behind > paddingBytesMax) return 'data';
  if (position >= buffer.length) return 'unknown';
  if (buffer[position] !== cr) return 'data';
  if (position + 1 >= buffer.length) return 'unknown';
  return buffer[position + 1] === lf ? position : 'data';
}
