import { datasetOf, type WritableDataset } from '../../../formats/dicom/index.ts';
import { reportLines } from '../report-lines.ts';
import { codeItem } from './codes.ts';
import { referenceItem } from './evidence.ts';
import { resultPage } from './result-page.ts';
import type { ResultScene } from './result-scene.ts';
import { type ResultIdentity, sharedModules } from './shared-modules.ts';
import { line } from './text.ts';

/** Secondary Capture Image Storage. */
export const scSopClass = '1.2.840.10008.5.1.4.1.1.7';

/** A result as a picture of its words (PS3.3 A.8), for viewers that show nothing else. */
export function secondaryCapture(scene: ResultScene, own: ResultIdentity): WritableDataset {
  const { finding, date, time, evidence } = scene;
  const { rows, columns, pixels } = resultPage(reportLines(finding));
  return datasetOf({
    ...sharedModules(scene, own),
    ConversionType: 'WSD',
    ContentDate: date,
    ContentTime: time,
    ImageType: ['DERIVED', 'SECONDARY'],
    PatientOrientation: null,
    // Whether the part is paired is not known: empty (type 2C).
    Laterality: null,
    DerivationDescription: line(`Result of ${finding.model.name} ${finding.model.version} as text`, 1024),
    SourceImageSequence:
      evidence.length === 0
        ? undefined
        : evidence.map(
            (image) =>
              new Map([
                ...referenceItem(image),
                ...datasetOf({
                  PurposeOfReferenceCodeSequence: [
                    codeItem(['121322', 'DCM', 'Source Image for Image Processing Operation']),
                  ],
                }),
              ]),
          ),
    BurnedInAnnotation: 'NO',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    WindowCenter: [128],
    WindowWidth: [256],
    PresentationLUTShape: 'IDENTITY',
    RescaleIntercept: [0],
    RescaleSlope: [1],
    RescaleType: 'US',
    PixelData: { vr: 'OB', value: pixels },
  });
}
