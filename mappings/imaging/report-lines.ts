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
    ...comparisonLines(finding),
    'Preliminary, computed by a machine learning model, not reviewed by a physician.',
    `Model: ${model.name} ${model.version}, ${model.publisher}. Intended use: ${model.intendedUse}`,
    ...evaluationLines(model),
    ...(hasOrderOfAnother(finding) ? [orderOfAnother] : []),
  ];
}

/** Of a model that compares: with what it did, or that it could not. */
function comparisonLines({ priors }: Finding): readonly string[] {
  if (priors === undefined) return [];
  const { used, missing } = priors;
  const compared = used.map(
    ({ studyInstanceUid, studyDate }) =>
      `Compared with the study of ${dateText(studyDate)} (${studyInstanceUid}).`,
  );
  if (compared.length > 0) return compared;
  return [`Compared with no earlier study: ${missing ?? 'none was found'}.`];
}

/** DA as people read it. */
const dateText = (date: string | undefined): string =>
  date?.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3') ?? 'an unknown date';
