export { type ArchiveDestinationOptions, createArchiveDestination } from './archive-destination.ts';
export {
  instanceOfBlob,
  instanceOfBytes,
  instanceOfFile,
  type OutgoingInstance,
} from './outgoing-instance.ts';
export { retrieve } from './retrieve.ts';
export { type SearchRequest, search } from './search.ts';
export type { InstanceOutcome, StoreAnswer } from './store-answer.ts';
export { storeInstances } from './store-instances.ts';
export { reasonText } from './store-reason.ts';
export { createStowDestination, type StowDestinationOptions } from './stow-destination.ts';
