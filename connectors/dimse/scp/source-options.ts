import type { Blobs, Clock, Logger, Metrics } from '../../../core/ports/index.ts';
import type { ListenerTls } from '../../tls.ts';

export interface DimseSourceOptions {
  /** Name in logs and metrics: the channel's. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly tls?: ListenerTls;
  /** The only title that may be called. */
  readonly aeTitle: string;
  /** Titles that may call; empty: any. */
  readonly callingAes: readonly string[];
  /** Whether objects of SOP classes that no standard knows are taken. */
  readonly takesUnknown: boolean;
  readonly associationsMax: number;
  readonly pduBytesMax?: number;
  readonly objectBytesMax?: number;
  readonly artimMs?: number;
  readonly idleMs?: number;
  readonly progressMs?: number;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
