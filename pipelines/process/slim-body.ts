import { createHash, type Hash } from 'node:crypto';
import type { CutDocument } from '../../core/document.ts';
import { limits } from '../../core/limits.ts';
import type { Blobs, BlobWriter } from '../../core/ports/index.ts';
import { ValueCutter } from '../../formats/hl7v2/index.ts';

/** An HL7 v2 message whose large documents stand elsewhere; in each one's place is a mark that is itself base64. */
export interface SlimBody {
  readonly bytes: Uint8Array;
  readonly documents: ReadonlyMap<string, CutDocument>;
}

/** Base64 by form, so that every rule for data takes it; no document begins so by chance and names a hash of this message. */
const markOf = (hash: string): string => `BitHiveBody+${hash}`;

/**
 * Reads a large message for processing: documents over `limits.hl7DocumentInlineBytesMax` are decoded into the blob store as they stream by, so that memory holds the
 * rest of the message only. null when one is not what it says to be: the message is then read whole.
 */
export async function slimBody(chunks: AsyncIterable<Uint8Array>, blobs: Blobs): Promise<SlimBody | null> {
  const cutter = new ValueCutter({ valueBytesMin: limits.hl7DocumentInlineBytesMax, decodes: true });
  const sink = new SlimSink(blobs);
  try {
    for await (const chunk of chunks) {
      await sink.take(cutter.push(chunk));
      if (cutter.isFaulty) return null;
    }
    await sink.take(cutter.end());
    return cutter.isFaulty ? null : { bytes: sink.bytes(), documents: sink.documents };
  } finally {
    await sink.abort();
  }
}

class SlimSink {
  readonly documents = new Map<string, CutDocument>();
  readonly #blobs: Blobs;
  readonly #parts: Uint8Array[] = [];
  #writer: BlobWriter | undefined;
  #sha1: Hash | undefined;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  async take(events: ReturnType<ValueCutter['push']>): Promise<void> {
    for (const event of events) {
      // A piece of a chunk keeps the whole of it in memory.
      if (event.kind === 'keep') this.#parts.push(Uint8Array.from(event.bytes));
      else if (event.kind === 'begin') {
        this.#writer = await this.#blobs.begin(limits.hl7MessageBytesMax);
        this.#sha1 = createHash('sha1');
      } else if (event.kind === 'data') {
        this.#sha1?.update(event.bytes);
        await this.#writer?.write(event.bytes);
      } else await this.#stored();
    }
  }

  async #stored(): Promise<void> {
    const stored = await this.#writer?.commit();
    this.#writer = undefined;
    if (stored === undefined) return;
    const mark = markOf(stored.hash);
    this.documents.set(mark, { ...stored, sha1: this.#sha1?.digest('base64') ?? '' });
    this.#parts.push(Buffer.from(mark));
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
  }
}
