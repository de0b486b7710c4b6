import { datasetOf, type KeywordValue, type WritableDataset } from '../../../formats/dicom/index.ts';
import { type Code, codeItem } from './codes.ts';

/** How an item of the content tree relates to the one that holds it (PS3.3 C.17.3.2.4); the root has none. */
export type Relationship =
  | 'CONTAINS'
  | 'HAS OBS CONTEXT'
  | 'HAS CONCEPT MOD'
  | 'HAS PROPERTIES'
  | 'INFERRED FROM';

export type Item = (relationship: Relationship) => WritableDataset;

/** An item of the content tree: its type, its concept, its value, and what it holds. */
function item(
  valueType: string,
  concept: Code | undefined,
  value: Readonly<Record<string, KeywordValue>>,
  children: readonly WritableDataset[] = [],
): Item {
  return (relationship) =>
    datasetOf({
      RelationshipType: relationship,
      ValueType: valueType,
      ConceptNameCodeSequence: concept && [codeItem(concept)],
      ...value,
      ContentSequence: children.length > 0 ? children : undefined,
    });
}

export const textItem = (concept: Code, text: string): Item => item('TEXT', concept, { TextValue: text });

export const codedItem = (concept: Code, value: Code): Item =>
  item('CODE', concept, { ConceptCodeSequence: [codeItem(value)] });

export const uidItem = (concept: Code, uid: string): Item => item('UIDREF', concept, { UID: uid });

/** A number with its unit in UCUM. */
export function numberItem(
  concept: Code,
  value: number,
  unit: Code,
  children: readonly WritableDataset[] = [],
): Item {
  const measured = datasetOf({
    NumericValue: [value],
    FloatingPointValue: [value],
    MeasurementUnitsCodeSequence: [codeItem(unit)],
  });
  return item('NUM', concept, { MeasuredValueSequence: [measured] }, children);
}

export function imageItem(
  concept: Code | undefined,
  image: { readonly sopClassUid: string; readonly sopInstanceUid: string },
): Item {
  const reference = datasetOf({
    ReferencedSOPClassUID: image.sopClassUid,
    ReferencedSOPInstanceUID: image.sopInstanceUid,
  });
  return item('IMAGE', concept, { ReferencedSOPSequence: [reference] });
}

export const container = (concept: Code, children: readonly WritableDataset[]): Item =>
  item('CONTAINER', concept, { ContinuityOfContent: 'SEPARATE' }, children);
