import { BitHiveError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { MessageKind } from '../../core/message.ts';
import type { StudyInstance } from '../../core/study.ts';
import { compilePathAll } from '../../formats/hl7v2/index.ts';
import type { Subject } from './subject.ts';

/** Reads all values at a path; empty when the message has none. */
export type PathReader<S> = (subject: S) => readonly string[];

/** DICOM keywords (PS3.6) that a filter, key or rule may name, and where they are among the facts of an instance. */
const attributes: Readonly<Record<string, keyof StudyInstance>> = {
  AccessionNumber: 'accessionNumber',
  BodyPartExamined: 'bodyPart',
  BurnedInAnnotation: 'burnedInAnnotation',
  Columns: 'columns',
  ContrastBolusAgent: 'contrastAgent',
  ImageType: 'imageType',
  InstanceNumber: 'instanceNumber',
  InstitutionName: 'institutionName',
  Laterality: 'laterality',
  Manufacturer: 'manufacturer',
  ManufacturerModelName: 'modelName',
  Modality: 'modality',
  NumberOfFrames: 'frames',
  PatientAge: 'patientAge',
  PatientBirthDate: 'patientBirthDate',
  PatientID: 'patientId',
  PatientName: 'patientName',
  IssuerOfPatientID: 'patientIdIssuer',
  PatientSex: 'patientSex',
  ProtocolName: 'protocolName',
  Rows: 'rows',
  SOPClassUID: 'sopClassUid',
  SOPInstanceUID: 'sopInstanceUid',
  SeriesDescription: 'seriesDescription',
  SeriesInstanceUID: 'seriesInstanceUid',
  SeriesNumber: 'seriesNumber',
  SliceThickness: 'sliceThickness',
  StationName: 'stationName',
  StudyDate: 'studyDate',
  StudyDescription: 'studyDescription',
  StudyInstanceUID: 'studyInstanceUid',
  StudyTime: 'studyTime',
  TransferSyntaxUID: 'transferSyntaxUid',
  ViewPosition: 'viewPosition',
};

/**
 * Reads a DICOM attribute by keyword from an instance's facts.
 *
 * @param beside what else the caller's rules may name, for the refusal
 * @throws BH_CONFIG_EXPRESSION for a keyword that is not kept
 */
export function dicomAttribute(
  keyword: string,
  beside: readonly string[] = [],
): (facts: Partial<StudyInstance>) => readonly string[] {
  const name = Object.hasOwn(attributes, keyword) ? attributes[keyword] : undefined;
  if (name === undefined) {
    throw new BitHiveError(
      'BH_CONFIG_EXPRESSION',
      `${keyword} is not a DICOM keyword that a rule can read; known: ${[...Object.keys(attributes), ...beside].join(', ')}`,
    );
  }
  return (facts) => {
    const value = facts[name];
    if (value === undefined || value === '') return [];
    return name === 'imageType' ? String(value).split('\\') : [String(value)];
  };
}

/** Reads `a.b.c` of a JSON body; a list on the way gives the values of all its members. */
function jsonPath(path: string): PathReader<Subject> {
  const names = path.split('.');
  return (subject) => {
    let found: readonly Json[] = [subject.json];
    for (const name of names) {
      found = found.flatMap((value) => {
        const next = isObject(value) ? value[name] : undefined;
        return next === undefined ? [] : Array.isArray(next) ? (next as readonly Json[]) : [next];
      });
    }
    return found.filter((value) => typeof value !== 'object' && value !== '').map(String);
  };
}

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How paths are read in the messages that come in at a door of this kind. */
export function pathsOf(kind: MessageKind): (path: string) => PathReader<Subject> {
  if (kind === 'hl7v2') {
    return (path) => {
      const read = compilePathAll(path);
      return (subject) => read(subject.hl7);
    };
  }
  if (kind === 'dicom') {
    return (path) => {
      const read = dicomAttribute(path);
      return (subject) => read((subject.message.facts ?? {}) as Partial<StudyInstance>);
    };
  }
  return jsonPath;
}
