import { BitHiveError } from '../core/errors.ts';
import { isLoopback } from './loopback.ts';
import type { Config } from './schema.ts';

/** What a listener has to protect itself. */
export interface Exposure {
  /** As the operator knows it: `http`, `hl7v2`, `channel adt-orders`. */
  readonly name: string;
  readonly host: string;
  readonly hasTls: boolean;
  /** Whether the peer must prove who it is: a token, or a client certificate. */
  readonly hasCredentials: boolean;
}

/** @throws BH_CONFIG_EXPOSED for a listener that others can reach without TLS or without credentials */
export function refuseExposed(listener: Exposure): void {
  if (isLoopback(listener.host) || (listener.hasTls && listener.hasCredentials)) return;
  const lacks = [listener.hasTls ? '' : 'TLS', listener.hasCredentials ? '' : 'client credentials'].filter(
    Boolean,
  );
  throw new BitHiveError(
    'BH_CONFIG_EXPOSED',
    `${listener.name} would listen on ${listener.host} without ${lacks.join(' and ')}`,
  );
}

/**
 * The rule for the listeners of the configuration. HTTP always asks for a token; HL7 v2 knows only certificates, as does DICOM: an AE title is
 * a name that anybody may give, and which names may be given is to be said beside.
 */
export function refuseExposedConfig(config: Config): void {
  refuseExposed({
    name: 'http',
    host: config.http.host,
    hasTls: config.http.tls !== undefined,
    hasCredentials: true,
  });
  refuseExposed({
    name: 'hl7v2',
    host: config.hl7v2.host,
    hasTls: config.hl7v2.tls !== undefined,
    hasCredentials: config.hl7v2.tls?.ca !== undefined,
  });
  refuseExposed({
    name: 'dimse',
    host: config.dimse.host,
    hasTls: config.dimse.tls !== undefined,
    hasCredentials: config.dimse.tls?.ca !== undefined && Object.keys(config.dimse.peers).length > 0,
  });
}
