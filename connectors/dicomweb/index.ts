export type { InstanceOutcome, StoreOutcome } from './store-answer.ts';
export { type StowClientOptions, sendStudy } from './stow-client.ts';
export { type StowLimits, type StowOptions, stowLimits } from './stow-options.ts';
export { createStowSource } from './stow-source.ts';
