import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import {
  type DicomDataset,
  formatTag,
  readDataset,
  tags,
  type WritableDataset,
  writableOf,
  writableSyntax,
  writePart10,
} from '../../formats/dicom/index.ts';
import { cleanDataset } from './clean-dataset.ts';
import { type ActionCounts, type Cleaning, noCounts } from './cleaning.ts';
import { textOf } from './element-values.ts';
import { ownIdentifiers } from './own-identifiers.ts';
import { patientOf } from './patient-of.ts';
import { burnedInRisk } from './pixels/burned-in.ts';
import { cleanPixelData } from './pixels/clean-pixel-data.ts';
import { maskedPixels } from './pixels/mask-pixels.ts';
import { maskRuleFor } from './pixels/mask-rule.ts';
import { refuseNamesInStream } from './pixels/names-in-stream.ts';
import type { DeidentifyPolicy } from './policy.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { refuseUnsafe } from './refusal.ts';
import { stamp } from './stamp.ts';

/** A de-identified object. */
export interface Deidentified {
  /** A PS3.10 file: preamble of zeros, group 0002 of this engine, text in UTF-8. */
  readonly bytes: Uint8Array;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** Original UID to new UID, of all that the object named. Secret: it undoes the whole. */
  readonly uids: ReadonlyMap<string, string>;
  readonly counts: Readonly<ActionCounts>;
  /** Boxes were blackened in the image. */
  readonly isMasked: boolean;
}

/**
 * De-identifies one object by the Basic Application Level Confidentiality Profile and options of PS3.15 E. The same bytes, policy and key give
 * the same bytes; what is de-identified already comes out as it is.
 *
 * @throws BH_DICOM_IDENTITY, BH_DICOM_BURNED_IN where that is not possible; BH_DICOM_* where the object cannot be read; BH_DICOM_LIMIT
 */
export async function deidentify(
  bytes: Uint8Array,
  policy: DeidentifyPolicy,
  pseudonyms: Pseudonyms,
): Promise<Deidentified> {
  if (bytes.length > limits.deidentifyObjectBytesMax) {
    throw new BitHiveError(
      'BH_DICOM_LIMIT',
      `${bytes.length} bytes, objects of up to ${limits.deidentifyObjectBytesMax} are de-identified`,
    );
  }
  const read = readDataset(bytes);
  const original = writableOf(read);
  for (const tag of [tags.sopClassUid, tags.sopInstanceUid]) required(original, tag);
  refuseUnsafe(original, read.transferSyntaxUid, policy);
  const rule = maskRule(original, policy);
  const pixels =
    rule !== undefined && rule.boxes.length > 0
      ? await maskedPixels(read, original, rule)
      : cleanPixelData(read, original);
  const cleaning = cleaningOf(original, policy, pseudonyms);
  refuseNamesInStream(pixels, cleaning.identifiers);
  const cleaned = withPatient(cleanDataset(pixels, { isTopLevel: true, mode: 'kept' }, cleaning), cleaning);
  const isMasked = rule !== undefined;
  const stamped = stamp(cleaned, original, policy, isMasked);
  return { ...written(read, stamped, cleaning), counts: cleaning.counts, isMasked };
}

/** An object of a study that names no patient gets the pseudonym of a nameless one: dates that were moved are known by it. */
function withPatient(dataset: WritableDataset, { patientId }: Cleaning): WritableDataset {
  if (dataset.has(tags.patientId) || !dataset.has(tags.studyInstanceUid)) return dataset;
  return new Map(dataset).set(tags.patientId, { vr: 'LO', value: [patientId] });
}

/** The rule by which text is blackened; undefined where there is nothing to blacken. */
function maskRule(original: WritableDataset, { pixels, masks }: DeidentifyPolicy) {
  const risk = pixels === 'keep' ? undefined : burnedInRisk(original);
  if (risk === undefined) return undefined;
  const rule = pixels === 'mask' ? maskRuleFor(original, masks) : undefined;
  if (rule !== undefined) return rule;
  const advice = pixels === 'mask' ? 'no mask fits the image' : 'pixels is quarantine';
  throw new BitHiveError('BH_DICOM_BURNED_IN', `${risk}; ${advice}`);
}

function cleaningOf(original: WritableDataset, policy: DeidentifyPolicy, pseudonyms: Pseudonyms): Cleaning {
  const patientId = textOf(original, tags.patientId);
  const isOwn = pseudonyms.isOwnPatient(patientId);
  const patient = patientOf(original);
  return {
    policy,
    pseudonyms,
    sopClassUid: textOf(original, tags.sopClassUid),
    patientId: isOwn ? patientId : pseudonyms.patient(patient),
    shiftDays: isOwn ? 0 : pseudonyms.shiftDays(patient),
    identifiers: ownIdentifiers(original, !policy.options.has('retain-full-dates')),
    counts: noCounts(),
    uids: new Map(),
  };
}

function written(read: DicomDataset, dataset: WritableDataset, cleaning: Cleaning) {
  const sopClassUid = textOf(dataset, tags.sopClassUid);
  const sopInstanceUid = textOf(dataset, tags.sopInstanceUid);
  const transferSyntaxUid = isNative(dataset) ? undefined : writableSyntax(read.transferSyntaxUid);
  return {
    bytes: writePart10(dataset, {
      sopClassUid,
      sopInstanceUid,
      ...(transferSyntaxUid === undefined ? {} : { transferSyntaxUid }),
    }),
    sopClassUid,
    sopInstanceUid,
    studyInstanceUid: textOf(dataset, tags.studyInstanceUid),
    seriesInstanceUid: textOf(dataset, tags.seriesInstanceUid),
    uids: cleaning.uids,
  };
}

/** Without encapsulated pixels everything is written as explicit little endian. */
function isNative(dataset: WritableDataset): boolean {
  const value = dataset.get(tags.pixelData)?.value;
  return value === undefined || !('fragments' in value);
}

function required(dataset: WritableDataset, tag: number): void {
  if (textOf(dataset, tag) !== '') return;
  throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${formatTag(tag)} is missing or empty`);
}
