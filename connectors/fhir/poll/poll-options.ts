import type { LookupFunction } from 'node:net';
import type { Blobs, Clock, Keys, Logger, Metrics, Random } from '../../../core/ports/index.ts';
import type { HttpAuth, HttpTls } from '../../http/http-auth.ts';

export interface FhirPollOptions {
  /** Name of the channel, for log and metrics. */
  readonly name: string;
  /** FHIR base URL of the server that is asked. */
  readonly url: string;
  /** Resource types whose changes are taken. */
  readonly types: readonly string[];
  /** Further search parameters, `status=final,amended`. */
  readonly query?: string;
  /** Pause after a round. */
  readonly everyMs: number;
  /** Changes are asked for from this much before the last one seen: a server may show what it wrote earlier only later. */
  readonly overlapMs: number;
  /** Resources on a page. */
  readonly pageSize: number;
  /** Where the first round begins: a moment (FHIR instant), or from when the channel first starts. */
  readonly since?: string;
  /** References that are followed from a changed resource, so that it can leave whole. 0: none. */
  readonly followDepth: number;
  readonly auth?: HttpAuth;
  readonly tls?: HttpTls;
  readonly lookup?: LookupFunction;
  /** Where the last round ended, as the channel's processed messages say; undefined before the first. */
  readonly readCursor: (type: string) => Promise<string | undefined>;
  readonly ports: {
    readonly blobs: Blobs;
    readonly clock: Clock;
    readonly random: Random;
    readonly keys: Keys;
    readonly logger: Logger;
    readonly metrics: Metrics;
  };
}
