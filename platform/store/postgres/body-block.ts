import type { Body } from '../../../core/message.ts';

/** Where a body stands: a blob by its hash, or a stretch of the block. */
export interface PackedBody {
  readonly at: number;
  readonly length: number;
  readonly blob_hash: string | null;
  readonly blob_bytes: number | null;
}

/**
 * The inline bodies of one statement as a single binary parameter, cut up again by the statement. An array of bytea would go
 * as text, at twice the size and ten times the time (docs/decisions/0003-postgres.md).
 */
export class BodyBlock {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  pack(body: Body): PackedBody {
    if (body.kind === 'blob') {
      return { at: 0, length: 0, blob_hash: body.hash, blob_bytes: body.bytesCount };
    }
    const at = this.#length;
    this.#parts.push(body.bytes);
    this.#length += body.bytes.length;
    return { at, length: body.bytes.length, blob_hash: null, blob_bytes: null };
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}

export const inlineBytes = (body: Body): number => (body.kind === 'inline' ? body.bytes.length : 0);

/** Runs of items whose bodies stay under a size, in order; a single larger one stands alone. */
export function chunksByBytes<T>(items: readonly T[], bytesOf: (item: T) => number, bytesMax: number): T[][] {
  const chunks: T[][] = [];
  let room = 0;
  for (const item of items) {
    const size = bytesOf(item);
    if (size > room || chunks.length === 0) {
      chunks.push([]);
      room = bytesMax;
    }
    chunks.at(-1)!.push(item);
    room -= size;
  }
  return chunks;
}
