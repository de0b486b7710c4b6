import { datasetOf, type WritableDataset } from '../../../formats/dicom/index.ts';
import type { ResultScene } from './result-scene.ts';

interface Referenced {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
}

/** Objects of one study by series (PS3.3 table C.17-3). */
export function referencedSop(
  studyInstanceUid: string,
  objects: readonly Referenced[],
): readonly WritableDataset[] {
  return [
    datasetOf({
      StudyInstanceUID: studyInstanceUid,
      ReferencedSeriesSequence: bySeries(objects, 'ReferencedSOPSequence'),
    }),
  ];
}

/** The images that the content refers to; each must stand here. */
export const evidenceItems = ({ finding, evidence }: ResultScene): readonly WritableDataset[] =>
  referencedSop(finding.study.studyInstanceUid, evidence);

export function bySeries(
  objects: readonly Referenced[],
  sequence: 'ReferencedSOPSequence' | 'ReferencedInstanceSequence',
): readonly WritableDataset[] {
  const series = new Map<string, WritableDataset[]>();
  for (const object of objects) {
    const items = series.get(object.seriesInstanceUid) ?? [];
    series.set(object.seriesInstanceUid, [...items, referenceItem(object)]);
  }
  return [...series].map(([uid, items]) => datasetOf({ SeriesInstanceUID: uid, [sequence]: items }));
}

export const referenceItem = (object: {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}): WritableDataset =>
  datasetOf({
    ReferencedSOPClassUID: object.sopClassUid,
    ReferencedSOPInstanceUID: object.sopInstanceUid,
  });
