import { createHash } from 'node:crypto';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Body } from '../../core/message.ts';
import type { Blobs, BlobWriter } from '../../core/ports/index.ts';

/** A file whose bytes are in our hands: in memory when small, durable in the blob store when large. */
export interface TakenFile {
  readonly name: string;
  readonly body: Body;
  readonly bytesCount: number;
  /** SHA-256, in hexadecimal. */
  readonly contentHash: string;
}

/** Streams a file in; memory holds `limits.inlineBodyBytesMax` of it. Throws BH_FILE_EMPTY, BH_FILE_TOO_LARGE, BH_STORE_*. */
export async function takeFile(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly blobs: Blobs; readonly bytesMax: number },
): Promise<TakenFile> {
  const hash = createHash('sha256');
  let head: Uint8Array[] = [];
  let bytesCount = 0;
  let writer: BlobWriter | undefined;
  try {
    for await (const chunk of chunks) {
      bytesCount += chunk.byteLength;
      if (bytesCount > options.bytesMax) {
        throw new BitHiveError('BH_FILE_TOO_LARGE', `${name} has more than ${options.bytesMax} bytes`);
      }
      hash.update(chunk);
      if (writer === undefined && bytesCount <= limits.inlineBodyBytesMax) {
        head.push(chunk);
        continue;
      }
      if (writer === undefined) {
        writer = await options.blobs.begin(options.bytesMax);
        for (const part of head) await writer.write(part);
        head = [];
      }
      await writer.write(chunk);
    }
    if (bytesCount === 0) throw new BitHiveError('BH_FILE_EMPTY', `${name} is empty`);
    const contentHash = hash.digest('hex');
    if (writer === undefined)
      return { name, bytesCount, contentHash, body: { kind: 'inline', bytes: Buffer.concat(head) } };
    const stored = await writer.commit();
    return { name, bytesCount, contentHash, body: { kind: 'blob', ...stored } };
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}

/** The bytes again, piece by piece. */
export async function* chunksOf({ body }: TakenFile, blobs: Blobs): AsyncGenerator<Uint8Array> {
  if (body.kind === 'inline') yield body.bytes;
  else yield* blobs.stream(body.hash);
}
