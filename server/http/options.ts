import type { Config } from '../../config/index.ts';
import type { FrameThread } from '../../connectors/dicomweb/surface/index.ts';
import type { HttpSource } from '../../connectors/http-source.ts';
import type { MessageId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type {
  AuditSink,
  Blobs,
  Clock,
  Keys,
  Listening,
  Logger,
  Random,
  Store,
} from '../../core/ports/index.ts';
import type { PrometheusMetrics } from '../../platform/observability/prometheus-metrics.ts';
import type { MappingService } from '../mapping/mapping-service.ts';
import type { StudyService } from '../studies/study-service.ts';

/** What the HTTP door needs of the engine. */
export interface HttpServerOptions {
  readonly config: Pick<Config, 'http' | 'disk'>;
  readonly version: string;
  readonly store: Store;
  readonly blobs: Pick<Blobs, 'stream' | 'freeBytes' | 'has' | 'pathOf'>;
  /** Boundaries of multipart answers. */
  readonly random: Random;
  /** Reads and decodes frames for viewers. */
  readonly frames: Pick<FrameThread, 'read'>;
  readonly audit: AuditSink;
  readonly metrics: PrometheusMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly keys: Keys;
  /** The API token of this installation; its holder may do everything. */
  readonly token: string;
  readonly sources: readonly HttpSource[];
  /** Accepts the message's bytes as a new message; throws BH_STORE_NOT_FOUND. */
  readonly replay: (id: MessageId) => Promise<MessageId>;
  readonly mapping: Pick<MappingService, 'versions' | 'explain' | 'diff' | 'deploy' | 'rollback'>;
  readonly studies: Pick<StudyService, 'view' | 'held' | 'complete' | 'decide'>;
  readonly backup: (folder: string) => Promise<JsonObject>;
  /** What the console's first page and `bithive status` show; no patient data. */
  readonly status: () => Promise<JsonObject>;
}

export interface HttpServer {
  /** Opens the port; one entry for the API and one for each source. */
  listen(): Promise<readonly Listening[]>;
  /** Refuses new requests, waits for those in flight, at most `graceMs`, then closes every connection. */
  stop(graceMs: number): Promise<void>;
}
