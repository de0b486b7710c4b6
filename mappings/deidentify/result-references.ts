import { tags, type WritableDataset } from '../../formats/dicom/index.ts';
import { itemsOf, textOf } from './element-values.ts';

const referencedSopInstance = 0x00081155;

/** An object that a result refers to, with the series that the reference stands under where it does. */
export interface Reference {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
}

export interface ResultReferences {
  readonly objects: readonly Reference[];
  /** Studies that its sequences name, each once. */
  readonly studies: ReadonlySet<string>;
}

/** What a result refers to: PS3.3 C.17.2 (evidence), C.12.4 (common instance references), C.11.11, and every other sequence that names instances. */
export function referencesOf(result: WritableDataset): ResultReferences {
  const objects: Reference[] = [];
  const studies = new Set<string>();
  const visit = (item: WritableDataset, under: string): void => {
    const series = textOf(item, tags.seriesInstanceUid) || under;
    const study = textOf(item, tags.studyInstanceUid);
    if (study !== '') studies.add(study);
    const sopInstanceUid = textOf(item, referencedSopInstance);
    if (sopInstanceUid !== '') objects.push({ sopInstanceUid, seriesInstanceUid: series });
    for (const element of item.values()) for (const inner of itemsOf(element)) visit(inner, series);
  };
  for (const element of result.values()) for (const item of itemsOf(element)) visit(item, '');
  return { objects, studies };
}
