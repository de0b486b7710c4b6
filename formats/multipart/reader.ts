import type { PartHeaders } from './part-headers.ts';
import { type MultipartLimits, MultipartSplitter, type MultipartToken } from './splitter.ts';

export interface MultipartPart {
  readonly headers: PartHeaders;
  /** Read it before asking for the next part; what is left of it is skipped then. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The parts of a multipart body, streamed: nothing is held but the piece in hand.
 * Throws BH_MULTIPART_SYNTAX (boundary absent, never closed, header line without a name) and BH_MULTIPART_LIMIT, from the body of a
 * part too when it breaks there; and whatever `source` throws.
 */
export async function* readMultipart(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
  limits: MultipartLimits,
): AsyncGenerator<MultipartPart, void, undefined> {
  const tokens = new TokenStream(source, new MultipartSplitter(boundary, limits));
  try {
    for (let token = await tokens.next(); token !== null; token = await tokens.next()) {
      // What is left of a body that the caller did not read to its end comes by here and is skipped.
      if (token.kind === 'part') yield { headers: token.headers, body: readBody(tokens) };
    }
  } finally {
    await tokens.close();
  }
}

async function* readBody(tokens: TokenStream): AsyncGenerator<Uint8Array, void, undefined> {
  for (let token = await tokens.next(); token?.kind === 'bytes'; token = await tokens.next())
    yield token.bytes;
}

class TokenStream {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #splitter: MultipartSplitter;
  #ready: readonly MultipartToken[] = [];
  #position = 0;
  #isEnded = false;

  constructor(source: AsyncIterable<Uint8Array>, splitter: MultipartSplitter) {
    this.#pieces = source[Symbol.asyncIterator]();
    this.#splitter = splitter;
  }

  /** null at the end. Throws the error of a `broken` token. */
  async next(): Promise<MultipartToken | null> {
    while (this.#position >= this.#ready.length) {
      if (this.#isEnded) return null;
      const piece = await this.#pieces.next();
      this.#isEnded = piece.done === true;
      this.#ready = piece.done === true ? this.#splitter.end() : this.#splitter.push(piece.value);
      this.#position = 0;
    }
    const token = this.#ready[this.#position++]!;
    if (token.kind !== 'broken') return token;
    this.#isEnded = true;
    throw token.error;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
