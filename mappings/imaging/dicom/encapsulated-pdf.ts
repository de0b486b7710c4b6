import { datasetOf, type WritableDataset } from '../../../formats/dicom/index.ts';
import { reportLines } from '../report-lines.ts';
import { codeItem } from './codes.ts';
import { referenceItem } from './evidence.ts';
import { pdfReport } from './pdf-report.ts';
import type { ResultScene } from './result-scene.ts';
import { type ResultIdentity, sharedModules } from './shared-modules.ts';

/** Encapsulated PDF Storage. */
export const pdfSopClass = '1.2.840.10008.5.1.4.1.1.104.1';

/** A result as a document (PS3.3 A.45.1) with the patient on its page. */
export function encapsulatedPdf(scene: ResultScene, own: ResultIdentity): WritableDataset {
  const { finding, source, evidence, date, time } = scene;
  const pdf = pdfReport(reportLines(finding), source ?? {}, finding.ranAtMs);
  return datasetOf({
    ...sharedModules(scene, own),
    ConversionType: 'WSD',
    ContentDate: date,
    ContentTime: time,
    AcquisitionDateTime: null,
    BurnedInAnnotation: 'YES',
    SourceInstanceSequence: evidence.length > 0 ? evidence.map(referenceItem) : undefined,
    VerificationFlag: 'UNVERIFIED',
    DocumentTitle: 'Preliminary AI report',
    ConceptNameCodeSequence: [codeItem(['18748-4', 'LN', 'Diagnostic imaging study'])],
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocumentLength: pdf.length,
    EncapsulatedDocument: pdf,
  });
}
