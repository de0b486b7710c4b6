import type { Finding } from '../../core/inference.ts';
import type { Bundle, FhirObject, Resource } from '../bundle/bundle.ts';
import { splitPatched } from '../bundle/patched.ts';
import { printMoment } from '../hl7v2/values/zone.ts';
import type { SiteSettings } from '../site.ts';
import { placeDevice } from './device.ts';
import { placeImagingStudy } from './imaging-study.ts';
import { placeObservation, placeWithdrawnObservation } from './observation.ts';
import { basedOn } from './order-reference.ts';
import { placePatient } from './patient.ts';
import { placeReport } from './report.ts';
import { ownIdentifier, place, type ReportForm, type Scene, sceneOf } from './scene.ts';

/** The order came after the report: this run adds `basedOn` to the report that the receiver has. */
export interface LateOrder {
  readonly linkedAtMs: number;
  /** The message that carried the order. */
  readonly messageId: number;
}

/**
 * A finding of the grid as a transaction for the EHR, in the shape of IHE IMR (RAD-141): DiagnosticReport, Observation, ImagingStudy, Device,
 * Patient (only if missing) and Provenance. Pure: times are the finding's, the same finding gives the same bytes.
 */
export function findingToBundle(
  finding: Finding,
  site: SiteSettings,
  forms: readonly ReportForm[] = ['html'],
): Bundle {
  return bundleOf(finding, site, forms);
}

/**
 * Links a report to an order that came after it. A physician may have signed or amended the report since: it is patched, and nothing but
 * `basedOn` changes. `before` writes it where the receiver does not have it, and is delivered first.
 */
export function lateLinkToBundles(
  finding: Finding,
  site: SiteSettings,
  late: LateOrder,
  forms: readonly ReportForm[] = ['html'],
): { readonly bundle: Bundle; readonly before?: Bundle } {
  return splitPatched(bundleOf(finding, site, forms, late), site);
}

function bundleOf(
  finding: Finding,
  site: SiteSettings,
  forms: readonly ReportForm[],
  late?: LateOrder,
): Bundle {
  const scene = sceneOf(finding, site, late !== undefined, forms);
  const subject = placePatient(scene);
  const order = basedOn(scene, subject);
  const imagingStudy = placeImagingStudy(scene, subject, order);
  const device = placeDevice(scene);
  const context = { subject, imagingStudy, device };
  const results: FhirObject[] = [];
  if (finding.status === 'completed') results.push(placeObservation(scene, finding, context));
  else if (finding.study.version > 1) results.push(placeWithdrawnObservation(scene, finding, context));
  const report = placeReport(scene, { subject, imagingStudy, order, results });
  if (late === undefined) placeProvenance(scene, [report, ...results], context);
  else if (order !== undefined) placeLink(scene, late, [report, imagingStudy], order);
  const timestamp = late === undefined ? scene.ranAt : printMoment(late.linkedAtMs, site.zone);
  return { resourceType: 'Bundle', type: 'transaction', timestamp, entry: scene.entries };
}

/** Which model file, on which version of the study, led to the report: written once per run of the model. */
function placeProvenance(
  scene: Scene,
  targets: readonly FhirObject[],
  { imagingStudy, device }: { readonly imagingStudy: FhirObject; readonly device: FhirObject },
): void {
  const { study, model, durationMs } = scene.finding;
  const key = ownIdentifier(
    scene,
    'message-part',
    study.studyInstanceUid,
    String(study.version),
    model.name,
    model.version,
    model.sha256,
  );
  const participant = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type';
  const resource = {
    resourceType: 'Provenance',
    target: [...targets],
    recorded: scene.ranAt,
    activity: { text: `Inference, ${Math.round(durationMs)} ms` },
    agent: [
      { type: { coding: [{ system: participant, code: 'author', display: 'Author' }] }, who: device },
      {
        type: { coding: [{ system: participant, code: 'assembler', display: 'Assembler' }] },
        who: { display: 'BitHive finding-to-fhir' },
      },
    ],
    entity: [
      {
        role: 'source',
        what: {
          ...imagingStudy,
          display: `Study version ${study.version}, ${study.instances.length} instances`,
        },
      },
    ],
  } as Resource;
  place(scene, 'record', resource, key);
}

/** Why a report has a version that says nothing new of the patient: written once per report and order. */
function placeLink(
  scene: Scene,
  { linkedAtMs, messageId }: LateOrder,
  targets: readonly FhirObject[],
  order: FhirObject,
): void {
  const { study, model, order: facts } = scene.finding;
  const first = facts?.identifiers[0];
  const key = ownIdentifier(
    scene,
    'message-part',
    study.studyInstanceUid,
    String(study.version),
    model.name,
    'late-order',
    first?.system ?? '',
    first?.value ?? '',
  );
  const participant = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type';
  const resource = {
    resourceType: 'Provenance',
    target: [...targets],
    recorded: printMoment(linkedAtMs, scene.site.zone),
    reason: [
      { text: 'The order came after the report. Nothing but the link to it was added; no model ran.' },
    ],
    activity: { text: 'Linked to its order' },
    agent: [
      {
        type: { coding: [{ system: participant, code: 'assembler', display: 'Assembler' }] },
        who: { display: 'BitHive finding-to-fhir' },
      },
    ],
    entity: [{ role: 'source', what: { ...order, display: `Order of message ${messageId}` } }],
  } as Resource;
  place(scene, 'record', resource, key);
}
