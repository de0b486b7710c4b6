import type { WritableDataset } from '../../formats/dicom/index.ts';
import { textOf } from './element-values.ts';
import type { ProfileOption } from './profile-options.ts';

const first = 0x6000;
const last = 0x60fe;
const element = { type: 0x0040, data: 0x3000 } as const;

export const isOverlayData = (tag: number): boolean =>
  isOverlayGroup(tag >>> 16) && (tag & 0xffff) === element.data;

const isOverlayGroup = (group: number): boolean => group >= first && group <= last && group % 2 === 0;

/**
 * Overlays (60xx) that go as a whole: without its data an overlay plane is not valid. Only under clean graphics, and only regions of interest, whose
 * bitmap marks an area, stay; graphics may be handwriting or text.
 */
export function overlayGroupsToDrop(
  dataset: WritableDataset,
  options: ReadonlySet<ProfileOption>,
): ReadonlySet<number> {
  const dropped = new Set<number>();
  for (const tag of dataset.keys()) {
    const group = tag >>> 16;
    if (!isOverlayGroup(group) || dropped.has(group)) continue;
    const isRegion =
      textOf(dataset, group * 65536 + element.type) === 'R' && dataset.has(group * 65536 + element.data);
    if (!options.has('clean-graphics') || !isRegion) dropped.add(group);
  }
  return dropped;
}
