import { datasetOf, writePart10 } from '../../formats/dicom/index.ts';

/** A radiograph of our own, whole enough for what is made of it to be valid: `square` is the grey of a square in it, 0..1. */
export interface Radiograph {
  readonly patientId: string;
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly studyDate: string;
  readonly square: number;
  readonly issuer?: string;
  readonly accessionNumber?: string;
}

export const side = 96;
const crStorage = '1.2.840.10008.5.1.4.1.1.1';
const around = 0.3;
const storedMax = 4095;
/** Row and column of the first pixel of the square, and of the one behind it. */
export const squareFrom = 30;
export const squareTo = 48;
const isIn = (at: number) => at >= squareFrom && at < squareTo;

export function radiographFile(image: Radiograph): Uint8Array {
  const pixels = new Uint16Array(side * side).map((_, at) => {
    const isSquare = isIn(Math.floor(at / side)) && isIn(at % side);
    return Math.round((isSquare ? image.square : around) * storedMax);
  });
  const { sopInstanceUid, studyInstanceUid } = image;
  const dataset = datasetOf({
    SOPClassUID: crStorage,
    SOPInstanceUID: sopInstanceUid,
    StudyDate: image.studyDate,
    StudyTime: '091500',
    AccessionNumber: image.accessionNumber ?? null,
    Modality: 'CR',
    Manufacturer: 'BitHive project',
    ReferringPhysicianName: null,
    PatientName: 'Compared^Clara',
    PatientID: image.patientId,
    IssuerOfPatientID: image.issuer,
    PatientBirthDate: '19640229',
    PatientSex: 'F',
    BodyPartExamined: 'CHEST',
    ViewPosition: 'PA',
    StudyInstanceUID: studyInstanceUid,
    SeriesInstanceUID: `${studyInstanceUid}.1`,
    StudyID: null,
    SeriesNumber: 1,
    InstanceNumber: 1,
    PatientOrientation: null,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: side,
    Columns: side,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    WindowCenter: '2048',
    WindowWidth: '4096',
    PixelData: { vr: 'OW', value: new Uint8Array(pixels.buffer) },
  });
  return writePart10(dataset, { sopClassUid: crStorage, sopInstanceUid });
}
