import { createHash } from 'node:crypto';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { InstanceFacts } from '../../core/study.ts';
import type { DicomDataset } from './dataset.ts';
import { frameGeometry } from './pixels/geometry.ts';
import { formatTag, tags } from './tags.ts';

/** PS3.5 6.2: a UID has at most 64 characters. What it is made of is data: hostile ones are kept and never become a path. */
const uidCharsMax = 64;

const textFacts = {
  accessionNumber: tags.accessionNumber,
  patientId: tags.patientId,
  patientIdIssuer: tags.issuerOfPatientId,
  patientName: tags.patientName,
  patientBirthDate: tags.patientBirthDate,
  patientSex: tags.patientSex,
  studyDate: tags.studyDate,
  studyTime: tags.studyTime,
  timezoneOffset: tags.timezoneOffset,
  studyId: tags.studyId,
  referringPhysician: tags.referringPhysicianName,
  studyDescription: tags.studyDescription,
  seriesDescription: tags.seriesDescription,
  bodyPart: tags.bodyPartExamined,
  viewPosition: tags.viewPosition,
  patientAge: tags.patientAge,
  protocolName: tags.protocolName,
  contrastAgent: tags.contrastAgent,
  manufacturer: tags.manufacturer,
  modelName: tags.manufacturerModelName,
  stationName: tags.stationName,
  institutionName: tags.institutionName,
  burnedInAnnotation: tags.burnedInAnnotation,
} as const;

const numberFacts = {
  sliceThickness: tags.sliceThickness,
  seriesNumber: tags.seriesNumber,
  instanceNumber: tags.instanceNumber,
  rows: tags.rows,
  columns: tags.columns,
  frames: tags.numberOfFrames,
} as const;

const factTags: readonly number[] = [
  ...Object.values(textFacts),
  ...Object.values(numberFacts),
  ...[tags.sopInstanceUid, tags.sopClassUid, tags.studyInstanceUid, tags.seriesInstanceUid, tags.modality],
  ...[tags.imageType, tags.imageLaterality, tags.laterality, tags.specificCharacterSet],
  // Of the geometry of an image.
  ...[tags.bitsAllocated, tags.bitsStored, tags.highBit, tags.samplesPerPixel],
  ...[tags.pixelRepresentation, tags.photometricInterpretation, tags.planarConfiguration],
];
const issuerTags = [tags.localNamespaceId, tags.universalEntityId, tags.specificCharacterSet];

/**
 * What the engine keeps of an instance. An instance that names no study or series becomes one of its own, under UIDs derived
 * from its SOP Instance UID (PS3.5 B.2): it is kept and found, and never mixed with others.
 * Throws BH_DICOM_ATTRIBUTE when its SOP UIDs are missing, a value is too long or the image geometry is impossible,
 * BH_DICOM_LIMIT when one frame is over `limits.dicomPixelBytesMax`.
 */
export function instanceFacts(dataset: DicomDataset): InstanceFacts {
  for (const tag of factTags) checkLength(dataset, tag);
  if (dataset.get(tags.rows) !== undefined && dataset.get(tags.bitsAllocated) !== undefined)
    frameGeometry(dataset);
  const sopInstanceUid = uid(dataset, tags.sopInstanceUid);
  return {
    sopInstanceUid,
    sopClassUid: uid(dataset, tags.sopClassUid),
    transferSyntaxUid: dataset.transferSyntaxUid,
    studyInstanceUid: uid(dataset, tags.studyInstanceUid, `study of ${sopInstanceUid}`),
    seriesInstanceUid: uid(dataset, tags.seriesInstanceUid, `series of ${sopInstanceUid}`),
    // Type 1 in every series module, yet left out in the field; OT is the standard's own word for "other" (PS3.3 C.7.3.1.1.1).
    modality: dataset.text(tags.modality) ?? 'OT',
    ...present(textFacts, (tag) => dataset.text(tag)),
    ...madeFacts(dataset),
    ...present(numberFacts, (tag) => dataset.number(tag)),
  };
}

/** Facts that are more than one value of one attribute. */
function madeFacts(
  dataset: DicomDataset,
): Pick<InstanceFacts, 'accessionIssuer' | 'imageType' | 'laterality'> {
  const [issuer] = dataset.sequence(tags.issuerOfAccessionNumber);
  for (const tag of issuerTags) if (issuer !== undefined) checkLength(issuer, tag);
  const accessionIssuer = issuer?.text(tags.localNamespaceId) ?? issuer?.text(tags.universalEntityId);
  const imageType = dataset.texts(tags.imageType).join('\\');
  const laterality = dataset.text(tags.imageLaterality) ?? dataset.text(tags.laterality);
  return {
    ...(accessionIssuer === undefined ? {} : { accessionIssuer }),
    ...(imageType === '' ? {} : { imageType }),
    ...(laterality === undefined ? {} : { laterality }),
  };
}

/** Tens of megabytes of names would be decoded, and stored in the row of the message. */
function checkLength(dataset: DicomDataset, tag: number): void {
  const length = dataset.get(tag)?.length ?? 0;
  if (length <= limits.dicomFactBytesMax) return;
  throw new BitHiveError(
    'BH_DICOM_ATTRIBUTE',
    `${formatTag(tag)} has ${length} bytes, ${limits.dicomFactBytesMax} at most`,
  );
}

function uid(dataset: DicomDataset, tag: number, deriveFrom?: string): string {
  const text = dataset.text(tag);
  if (text === undefined) {
    if (deriveFrom !== undefined) return derivedUid(deriveFrom);
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${formatTag(tag)} is missing or empty`);
  }
  if (text.length > uidCharsMax) {
    throw new BitHiveError(
      'BH_DICOM_ATTRIBUTE',
      `${formatTag(tag)} has ${text.length} characters, a UID has 64`,
    );
  }
  return text;
}

/** `2.25.` and 128 bits of a hash as a UUID in decimal. */
function derivedUid(name: string): string {
  const hex = createHash('sha256').update(`bithive:${name}`).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16);
  const uuid = `${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`;
  return `2.25.${BigInt(`0x${uuid}`)}`;
}

function present<K extends string, V>(
  facts: Readonly<Record<K, number>>,
  read: (tag: number) => V | undefined,
): Partial<Record<K, V>> {
  const found: Partial<Record<K, V>> = {};
  for (const key of Object.keys(facts) as K[]) {
    const value = read(facts[key]);
    if (value !== undefined) found[key] = value;
  }
  return found;
}
