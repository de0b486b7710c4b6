import type { Blobs, Clock, Logger, Metrics } from '../../../core/ports/index.ts';
import type { ListenerTls } from '../../tls.ts';
import type { AwaitedCommitments } from '../commitment/awaited-commitments.ts';
import type { RemoteNode } from '../upper-layer/request-association.ts';
import type { HeldRecords } from './held-records.ts';

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
  /** What the engine holds, for storage commitment and procedure steps. */
  readonly records: HeldRecords;
  /** Where reports of archives are awaited. */
  readonly commitments: AwaitedCommitments;
  /** Where a node is called that asked for a report; null for one whose address is not known. */
  readonly nodeOf: (aeTitle: string) => RemoteNode | null;
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
