export type { ListenerTls, SenderTls, TlsMaterial } from '../tls.ts';
export type { NegativeAnswer } from './ack-outcome.ts';
export { type ArrivalOptions, hl7Arrival, hl7ContentType, readArrival, type StrictRules } from './arrival.ts';
export { type BatchFacts, batchArrival } from './batch-arrival.ts';
export { acceptInOrder, type BatchMember, memberOf } from './batch-members.ts';
export { type FrameEvent, frameMessage, MllpFramer } from './framer.ts';
export { createMllpDestination, type MllpDestinationOptions } from './mllp-destination.ts';
export { createMllpSource, type MllpSource } from './mllp-source.ts';
export { type AckMoment, type MllpSourceOptions, type StagedAccept, staged } from './source-options.ts';
