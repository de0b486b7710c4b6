export { createFhirDestination } from './destination.ts';
export type { FhirDestinationOptions, FhirDestinationPorts } from './destination-options.ts';
export { createFhirIngest } from './ingest.ts';
export type { FhirIngestOptions } from './ingest-options.ts';
export { cursorKey } from './poll/poll-arrival.ts';
export type { FhirPollOptions } from './poll/poll-options.ts';
export { createFhirPollSource, type FhirPollSource } from './poll/poll-source.ts';
