import { isPixelDataTag, type WritableDataset, type WritableElement } from '../../formats/dicom/index.ts';
import { applyAction } from './apply-action.ts';
import type { Cleaning, Where } from './cleaning.ts';
import { isOverlayData, overlayGroupsToDrop } from './overlay-groups.ts';
import { profileRow } from './profile-table.ts';
import { resolveAction } from './resolve-action.ts';
import { safePrivate } from './safe-private.ts';
import { cleanUnlisted } from './unlisted.ts';

/** Elements of a data set, and of its items at any depth, after PS3.15 Table E.1-1 and the rules for what the table does not name. */
export function cleanDataset(dataset: WritableDataset, where: Where, cleaning: Cleaning): WritableDataset {
  const cleaned = new Map<number, WritableElement>();
  const droppedOverlays = overlayGroupsToDrop(dataset, cleaning.policy.options);
  for (const [tag, element] of dataset) {
    const group = tag >>> 16;
    if (group % 2 === 1) {
      const safe = safePrivate(dataset, tag, element, cleaning);
      if (safe === undefined) cleaning.counts.private += 1;
      else cleaned.set(tag, safe);
      continue;
    }
    if ((where.isTopLevel && isPixelDataTag(tag)) || (isOverlayData(tag) && !droppedOverlays.has(group))) {
      cleaned.set(tag, element);
      continue;
    }
    if (droppedOverlays.has(group)) {
      cleaning.counts.X += 1;
      continue;
    }
    const result = cleanElement(tag, element, dataset, where, cleaning);
    if (result !== undefined) cleaned.set(tag, result);
  }
  return cleaned;
}

function cleanElement(
  tag: number,
  element: WritableElement,
  dataset: WritableDataset,
  where: Where,
  cleaning: Cleaning,
): WritableElement | undefined {
  const inside = { dataset, where, cleaning, cleanItems };
  const row = profileRow(tag);
  if (row === undefined) return cleanUnlisted(tag, element, inside);
  const place = { sopClassUid: cleaning.sopClassUid, isTopLevel: where.isTopLevel };
  const action = resolveAction(row, tag, cleaning.policy.options, place);
  return applyAction(action, { tag, element, row, place }, inside);
}

function cleanItems(
  items: readonly WritableDataset[],
  mode: Where['mode'],
  cleaning: Cleaning,
): readonly WritableDataset[] {
  return items.map((item) => cleanDataset(item, { isTopLevel: false, mode }, cleaning));
}
