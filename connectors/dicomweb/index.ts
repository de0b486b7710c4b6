export { type StowLimits, type StowOptions, stowLimits } from './stow-options.ts';
export { createStowSource } from './stow-source.ts';
