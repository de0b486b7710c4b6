export { createFhirDestination } from './destination.ts';
export type {
  ClientCredentials,
  FhirAuth,
  FhirDestinationOptions,
  FhirDestinationPorts,
  FhirTls,
  SmartBackend,
} from './destination-options.ts';
export { createFhirIngest } from './ingest.ts';
export type { FhirIngestOptions } from './ingest-options.ts';
