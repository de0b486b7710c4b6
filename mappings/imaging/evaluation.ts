import type { ModelEvaluation, ModelIdentity } from '../../core/inference.ts';
import type { FhirObject } from '../bundle/bundle.ts';

/** A share has the UCUM unit 1; cases are counted. */
const proportion = { unit: '1', system: 'http://unitsofmeasure.org', code: '1' };
const measures = [
  ['auc', 'AUC'],
  ['accuracy', 'Accuracy'],
  ['sensitivity', 'Sensitivity'],
  ['specificity', 'Specificity'],
] as const;

/** What a reader of a report is told of how the model did elsewhere: on what data, how many cases, when. */
export function evaluationLines({ evaluation = [] }: ModelIdentity): readonly string[] {
  if (evaluation.length === 0) return ['No evaluation of this model is on file.'];
  return evaluation.map((one) => {
    const figures = measures.map(([key, label]) => `${label.toLowerCase()} ${one[key].toFixed(3)}`);
    return `Evaluation: ${nameOf(one)}: ${figures.join(', ').replace('auc', 'AUC')}.`;
  });
}

/** The same as properties of the Device, one for each figure. */
export function evaluationProperties({ evaluation = [] }: ModelIdentity): FhirObject[] {
  return evaluation.flatMap((one) =>
    measures.map(([key, label]) => ({
      type: { text: `${label} on ${nameOf(one)}` },
      valueQuantity: [{ value: one[key], ...proportion }],
    })),
  );
}

const nameOf = ({ data, n, date }: ModelEvaluation): string => `${data}, n = ${n}, ${date}`;
