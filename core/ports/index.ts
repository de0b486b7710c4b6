export type { AuditEvent, AuditSink } from './audit-sink.ts';
export type { Blobs, BlobWriter, StoredBlob } from './blobs.ts';
export type { Clock } from './clock.ts';
export type { Destination } from './destination.ts';
export type { Keys } from './keys.ts';
export { type LogFields, type Logger, silentLogger } from './logger.ts';
export {
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type MetricDefinition,
  type Metrics,
  silentMetrics,
} from './metrics.ts';
export type { ModelIo, ModelRuntime, ModelSession } from './model-runtime.ts';
export type { Random } from './random.ts';
export type { Accept, Acceptance, Listening, Source } from './source.ts';
export type * from './store.ts';
