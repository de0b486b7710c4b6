import type { Store } from '../../../core/ports/index.ts';
import { acceptConformance } from './conformance-accept.ts';
import { claimsConformance } from './conformance-claims.ts';
import { deliverConformance } from './conformance-deliver.ts';
import { laneConformance } from './conformance-lanes.ts';
import { operateConformance } from './conformance-operate.ts';
import { processConformance } from './conformance-process.ts';

/** One store under test. `reopen` closes it and opens the same data again. */
export interface StoreUnderTest {
  readonly store: Store;
  reopen(): Promise<Store>;
  destroy(): Promise<void>;
}
export type OpenStore = () => Promise<StoreUnderTest>;

/** What the `Store` port promises, the same for every adapter. */
export function storeConformance(name: string, open: OpenStore): void {
  acceptConformance(name, open);
  processConformance(name, open);
  deliverConformance(name, open);
  claimsConformance(name, open);
  laneConformance(name, open);
  operateConformance(name, open);
}
