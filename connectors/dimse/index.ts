export { createDimseSource } from './scp/dimse-source.ts';
export type { DimseSourceOptions } from './scp/source-options.ts';
