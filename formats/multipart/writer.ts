import { assert } from '../../core/assert.ts';

export interface OutgoingPart {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Writes a multipart body (RFC 2046 section 5.1.1), streaming. The boundary must not occur in any part: take one from enough random
 * bytes (`boundaryOf`).
 */
export async function* writeMultipart(
  parts: AsyncIterable<OutgoingPart> | Iterable<OutgoingPart>,
  boundary: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let count = 0;
  for await (const part of parts) {
    yield Buffer.from(headOf(part.headers, boundary, count), 'latin1');
    yield* part.body;
    count += 1;
  }
  assert(count > 0, 'a multipart body has at least one part');
  yield Buffer.from(endOf(boundary), 'latin1');
}

/** Bytes of the body that `writeMultipart` writes, for a Content-Length: not every server takes a chunked body. */
export function multipartBytesCount(
  parts: readonly { readonly headers: OutgoingPart['headers']; readonly bytesCount: number }[],
  boundary: string,
): number {
  return parts.reduce(
    (sum, part, index) => sum + headOf(part.headers, boundary, index).length + part.bytesCount,
    endOf(boundary).length,
  );
}

const headOf = (headers: OutgoingPart['headers'], boundary: string, index: number): string =>
  `${index === 0 ? '' : '\r\n'}--${boundary}\r\n${headerLines(headers)}\r\n`;

const endOf = (boundary: string): string => `\r\n--${boundary}--\r\n`;

function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => {
      assert(!/[\r\n]/.test(name + value), 'a part header has no line break');
      return `${name}: ${value}\r\n`;
    })
    .join('');
}

/** A boundary out of random bytes (16 or more). */
export function boundaryOf(random: Uint8Array): string {
  assert(random.length >= 16, 'a boundary takes 16 random bytes');
  return `bithive-${Buffer.from(random).toString('hex')}`;
}

/** Content-Type of a multipart/related body whose root part has the media type `type` (RFC 2387 section 3.1). */
export function multipartRelated(type: string, boundary: string): string {
  return `multipart/related; type="${type}"; boundary="${boundary}"`;
}
