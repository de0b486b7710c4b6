import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { createFhirIngest, type FhirIngestOptions } from '../../../connectors/fhir/index.ts';
import type { HttpSource } from '../../../connectors/http-source.ts';
import { messageId, parseBlobHash } from '../../../core/ids.ts';
import type { Arrival } from '../../../core/message.ts';
import { type Acceptance, type Blobs, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { testPorts } from './deliveries.ts';

export interface IngestApp {
  readonly url: string;
  readonly port: number;
  readonly app: FastifyInstance;
  readonly source: HttpSource;
  readonly arrivals: Arrival[];
  readonly blobs: Map<string, Uint8Array>;
  /** How the engine answers an arrival. */
  onAccept: (arrival: Arrival, id: number) => Acceptance | Promise<Acceptance>;
  close(): Promise<void>;
}

/** What the engine would say: refused arrivals are kept, the same dedupe key and hash again are duplicates. */
function engineAnswer(arrivals: Arrival[]): IngestApp['onAccept'] {
  return (arrival, id) => {
    const duplicate = arrivals.slice(0, -1).some((one) => one.dedupe?.key === arrival.dedupe?.key);
    if (arrival.refusal) return { kind: 'refused', id: messageId(id), duplicate, error: arrival.refusal };
    return { kind: 'accepted', id: messageId(id), duplicate };
  };
}

/** The ingest on a bare fastify, with an engine that only notes what it is given. */
export async function startIngestApp(more: Partial<FhirIngestOptions> = {}): Promise<IngestApp> {
  const blobs = new Map<string, Uint8Array>();
  const source = createFhirIngest({
    version: '0',
    clock: { ...testPorts().clock, monotonicMs: () => performance.now() },
    logger: silentLogger,
    metrics: silentMetrics,
    blobs: memoryBlobs(blobs),
    ...more,
  });
  const app = fastify({ forceCloseConnections: true });
  source.register(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const arrivals: Arrival[] = [];
  const { port } = app.server.address() as AddressInfo;
  const made: IngestApp = {
    url: `http://127.0.0.1:${port}/fhir`,
    port,
    app,
    source,
    arrivals,
    blobs,
    onAccept: engineAnswer(arrivals),
    close: () => app.close(),
  };
  await source.start(async (arrival) => {
    arrivals.push(arrival);
    return made.onAccept(arrival, arrivals.length);
  });
  return made;
}

function memoryBlobs(blobs: Map<string, Uint8Array>): Blobs {
  return {
    async put(stream: AsyncIterable<Uint8Array>) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const hash = parseBlobHash(createHash('sha256').update(bytes).digest('hex'))!;
      blobs.set(hash, bytes);
      return { hash, bytesCount: bytes.byteLength };
    },
  } as unknown as Blobs;
}
