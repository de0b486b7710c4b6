import type { HttpServerOptions } from './options.ts';

export interface Readiness {
  readonly isReady: boolean;
  /** Codes of the catalogue; empty when ready. */
  readonly reasons: readonly string[];
}

/** Whether the engine would take a message now: not stopping, store accepting, disk above its watermark. */
export async function readinessOf(
  { store, blobs, config }: Pick<HttpServerOptions, 'store' | 'blobs' | 'config'>,
  isStopping: boolean,
): Promise<Readiness> {
  const reasons: string[] = [];
  if (isStopping) reasons.push('BH_STOPPING');
  const [health, freeBytes] = await Promise.all([store.health(), blobs.freeBytes()]);
  if (!health.accepting) reasons.push('BH_STORE_IO');
  if (freeBytes < config.disk.freeBytesMin) reasons.push('BH_STORE_FULL');
  return { isReady: reasons.length === 0, reasons };
}
