import type { CompletedFinding, RefusedFinding } from '../../core/inference.ts';
import type { FhirObject, Resource } from '../bundle/bundle.ts';
import { placeSignable, type Scene } from './scene.ts';

export interface FindingContext {
  readonly subject: FhirObject;
  readonly imagingStudy: FhirObject;
  readonly device: FhirObject;
}

/** A probability has the UCUM unit 1: a strict server takes it, and no reader multiplies it by 100 twice. */
const proportion = { unit: '1', system: 'http://unitsofmeasure.org', code: '1' };
const interpretationSystem = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';
const imagingCategory = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/observation-category',
      code: 'imaging',
      display: 'Imaging',
    },
  ],
};

/** What the model says of the study: one Observation per study and model, which a later version of the study updates until it is signed. */
export function placeObservation(
  scene: Scene,
  finding: CompletedFinding,
  context: FindingContext,
): FhirObject {
  const { target, probability, threshold, positive, sopInstanceUid } = finding;
  const resource: Resource = {
    ...common(scene, 'preliminary', context),
    code: { coding: [{ ...target }], text: target.display },
    valueQuantity: { value: probability, ...proportion },
    interpretation: [
      {
        coding: [
          positive
            ? { system: interpretationSystem, code: 'POS', display: 'Positive' }
            : { system: interpretationSystem, code: 'NEG', display: 'Negative' },
        ],
      },
    ],
    referenceRange: [{ high: { value: threshold, ...proportion }, text: `positive from ${threshold}` }],
    component: [{ code: { text: 'SOP Instance UID of the image' }, valueString: sopInstanceUid }],
  };
  return placeSignable(scene, resource, 'finding');
}

/** Takes back what an earlier version of the study may have led to, so that no old finding stands beside a refusal. */
export function placeWithdrawnObservation(
  scene: Scene,
  finding: RefusedFinding,
  context: FindingContext,
): FhirObject {
  const resource: Resource = {
    ...common(scene, 'cancelled', context),
    code: { text: `Finding of ${finding.model.name}` },
    dataAbsentReason: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
          code: 'error',
          display: 'Error',
        },
      ],
      text: finding.reason,
    },
  };
  return placeSignable(scene, resource, 'finding');
}

function common(scene: Scene, status: string, { subject, imagingStudy, device }: FindingContext): Resource {
  const { model } = scene.finding;
  return {
    resourceType: 'Observation',
    status,
    category: [imagingCategory],
    subject,
    effectiveDateTime: scene.ranAt,
    method: { text: `${model.name} ${model.version}` },
    device,
    derivedFrom: [imagingStudy],
    note: [{ text: `Not reviewed by a physician. Intended use: ${model.intendedUse}` }],
  } as Resource;
}
