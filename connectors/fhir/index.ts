export { createFhirDestination } from './destination.ts';
export type {
  ClientCredentials,
  FhirAuth,
  FhirDestinationOptions,
  FhirDestinationPorts,
  FhirTls,
  SmartBackend,
} from './destination-options.ts';
