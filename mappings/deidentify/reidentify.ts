import { BitHiveError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import {
  readDataset,
  tags,
  type WritableDataset,
  type WritableElement,
  writableOf,
  writableSyntax,
  writePart10,
} from '../../formats/dicom/index.ts';
import { itemsOf, textOf, textsOf } from './element-values.ts';
import { patientOf } from './patient-of.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Turns what was computed on de-identified objects back, for who holds the originals and the key. Nothing is stored for it. */
export interface Reidentifier {
  /** The original of a UID, or of any text that holds new UIDs or the patient's pseudonym; what is not of this study stays as it is. */
  text(text: string): string;
  /** A finding, a FHIR resource or any other JSON, with every string turned back. */
  json<T extends Json>(value: T): T;
  /**
   * A DICOM object that was made from de-identified ones: references get the original UIDs, patient and study are those of the originals, and it
   * does not say any more that it was de-identified. Its own instance and series UIDs, which name no original, stay. Throws BH_DICOM_STUDY_MISMATCH
   * when it is of none of the studies, BH_DICOM_* when it cannot be read.
   */
  object(bytes: Uint8Array): Uint8Array;
}

/** What an object says of the study and its patient beside UIDs (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2). */
const studyTags: ReadonlySet<number> = new Set([
  ...[tags.studyDate, tags.studyTime, tags.accessionNumber, tags.timezoneOffset, tags.studyDescription],
  ...[0x00080051, 0x00080090, 0x00080096, 0x00081048, 0x00081049, 0x00200010],
]);
const patientGroup = 0x0010;
/** (0012,0062) to (0012,0064) and (0028,0303): what a de-identification leaves behind. */
const stampTags: readonly number[] = [0x00120062, 0x00120063, 0x00120064, 0x00280303];

/**
 * @param originals objects as the hospital has them: those that a result may refer to, of any number of studies
 */
export function reidentifierOf(originals: readonly WritableDataset[], pseudonyms: Pseudonyms): Reidentifier {
  const known = new Map<string, string>();
  const studies = new Map<string, WritableDataset>();
  for (const original of originals) {
    for (const uid of uidsOf(original)) known.set(pseudonyms.uid(uid), uid);
    const patientId = textOf(original, tags.patientId);
    known.set(pseudonyms.patient(patientOf(original)), patientId);
    studies.set(textOf(original, tags.studyInstanceUid), original);
  }
  const text = (given: string): string =>
    given.replace(/\b(?:2\.25\.\d{1,39}|BH[0-9A-Z]{20})(?![\d.]?\d)/g, (found) => known.get(found) ?? found);
  return {
    text,
    json: <T extends Json>(value: T): T => turned(value, text) as T,
    object: (bytes) => objectOf(bytes, studies, text),
  };
}

function turned(value: Json, text: (given: string) => string): Json {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((one: Json) => turned(one, text));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, turned(one, text)]));
}

function objectOf(
  bytes: Uint8Array,
  studies: ReadonlyMap<string, WritableDataset>,
  text: (given: string) => string,
): Uint8Array {
  const read = readDataset(bytes);
  const dataset = withOriginalTexts(writableOf(read), text);
  const study = textOf(dataset, tags.studyInstanceUid);
  const original = studies.get(study);
  if (original === undefined)
    throw new BitHiveError('BH_DICOM_STUDY_MISMATCH', `no original is of the study ${study || '(none)'}`);
  return writtenAs(withStudyOf(dataset, original), read.transferSyntaxUid);
}

/** The object with patient and study of the original, and without the marks of a de-identification. */
export function withStudyOf(dataset: WritableDataset, original: WritableDataset): WritableDataset {
  const turnedBack = new Map([...dataset].filter(([tag]) => !isOfStudy(tag)));
  for (const [tag, element] of original) if (isOfStudy(tag)) turnedBack.set(tag, element);
  for (const tag of stampTags) turnedBack.delete(tag);
  return turnedBack;
}

/** A file of it; encoded pixels stay in the syntax that they came in. */
export function writtenAs(dataset: WritableDataset, transferSyntaxUid: string): Uint8Array {
  const pixels = dataset.get(tags.pixelData)?.value;
  const isEncoded = pixels !== undefined && 'fragments' in pixels;
  return writePart10(dataset, {
    sopClassUid: textOf(dataset, tags.sopClassUid),
    sopInstanceUid: textOf(dataset, tags.sopInstanceUid),
    ...(isEncoded ? { transferSyntaxUid: writableSyntax(transferSyntaxUid) } : {}),
  });
}

/** An attribute of the object itself that tells of its patient or study. */
export const isOfStudy = (tag: number): boolean => tag >>> 16 === patientGroup || studyTags.has(tag);

function withOriginalTexts(dataset: WritableDataset, text: (given: string) => string): WritableDataset {
  const turnedBack = new Map<number, WritableElement>();
  for (const [tag, element] of dataset) {
    const { vr } = element;
    const texts = textsOf(element);
    if (vr === 'SQ')
      turnedBack.set(tag, { vr, value: itemsOf(element).map((item) => withOriginalTexts(item, text)) });
    else if (texts.length > 0) turnedBack.set(tag, { vr, value: texts.map(text) });
    else turnedBack.set(tag, element);
  }
  return turnedBack;
}

export function* uidsOf(dataset: WritableDataset): Generator<string> {
  for (const element of dataset.values()) {
    if (element.vr === 'UI') for (const uid of textsOf(element)) if (uid !== '') yield uid;
    for (const item of itemsOf(element)) yield* uidsOf(item);
  }
}
