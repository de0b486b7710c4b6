import type { Finding } from '../../core/inference.ts';
import { evaluationLines } from './evaluation.ts';
import { hasOrderOfAnother } from './order-reference.ts';

/** Over every form of a result that people read. */
export const resultHeading = 'PRELIMINARY - AI';

const orderOfAnother =
  'Not linked to an order: the one known under the accession number of the images is of another patient.';

/**
 * What every form of a result says in words: FHIR, DICOM and paper. Names the model, its version, its intended use and how it was evaluated
 * wherever its output is read.
 */
export function reportLines(finding: Finding): readonly string[] {
  const { model } = finding;
  const result =
    finding.status === 'completed'
      ? `${finding.target.display}: ${finding.positive ? 'positive' : 'negative'} (probability ${finding.probability.toFixed(4)}, threshold ${Number(finding.threshold.toFixed(4))}).`
      : `No result: ${finding.reason} (${finding.code}).`;
  return [
    result,
    ...(finding.status === 'completed' ? [] : ['No finding was made: this is not a negative result.']),
    'Preliminary, computed by a machine learning model, not reviewed by a physician.',
    `Model: ${model.name} ${model.version}, ${model.publisher}. Intended use: ${model.intendedUse}`,
    ...evaluationLines(model),
    ...(hasOrderOfAnother(finding) ? [orderOfAnother] : []),
  ];
}
