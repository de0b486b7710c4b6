import type { DicomDataset } from '../dataset.ts';
import { tags } from '../tags.ts';

/**
 * Where an enhanced multi-frame object keeps a macro for a frame: its own functional group, then the shared one (PS3.3
 * C.7.6.16.1.1), then the object itself.
 */
export function functionalGroup(dataset: DicomDataset, macroTag: number, frame: number): DicomDataset {
  const own = dataset.sequence(tags.perFrameFunctionalGroups)[frame]?.sequence(macroTag)[0];
  const shared = dataset.sequence(tags.sharedFunctionalGroups)[0]?.sequence(macroTag)[0];
  return own ?? shared ?? dataset;
}
