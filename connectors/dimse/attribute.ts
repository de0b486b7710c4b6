import { assert } from '../../core/assert.ts';
import { type DicomDataset, tagOf } from '../../formats/dicom/index.ts';

/** The tag of a keyword of PS3.6 that the code names. */
export function attribute(keyword: string): number {
  const tag = tagOf(keyword);
  assert(tag !== undefined, `PS3.6 has ${keyword}`);
  return tag;
}

/** The items of nested sequences, outermost first, as one list. */
export function itemsBelow(dataset: DicomDataset, ...keywords: readonly string[]): readonly DicomDataset[] {
  let items: readonly DicomDataset[] = [dataset];
  for (const keyword of keywords) items = items.flatMap((item) => item.sequence(attribute(keyword)));
  return items;
}
