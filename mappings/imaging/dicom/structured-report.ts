import type { CompletedFinding } from '../../../core/inference.ts';
import { datasetOf, type WritableDataset } from '../../../formats/dicom/index.ts';
import { isOrderOfPatient } from '../order-match.ts';
import { reportLines } from '../report-lines.ts';
import { type Code, codeItem, codeOf } from './codes.ts';
import { codedItem, container, type Item, imageItem, numberItem, textItem, uidItem } from './content-item.ts';
import { evidenceItems, referencedSop } from './evidence.ts';
import type { ResultScene } from './result-scene.ts';
import { resultParts } from './result-scene.ts';
import { type Attributes, type ResultIdentity, sharedModules } from './shared-modules.ts';
import { line, lines } from './text.ts';

/** Comprehensive SR Storage. */
export const srSopClass = '1.2.840.10008.5.1.4.1.1.88.33';

const dcm = (value: string, meaning: string): Code => [value, 'DCM', meaning];
const sct = (value: string, meaning: string): Code => [value, 'SCT', meaning];
/** A share of 1: the same figure as in FHIR and HL7, so that no reader multiplies it by 100 twice. */
const proportion: Code = ['1', 'UCUM', 'no units'];

/**
 * A finding as Imaging Measurement Report (PS3.16 TID 1500). Complete as far as the model goes, unverified, preliminary. A refusal is a report
 * without a measurement group: nothing in it can be taken for a finding, and title, series and first line say that there is no result.
 */
export function structuredReport(scene: ResultScene, own: ResultIdentity): WritableDataset {
  const { finding, date, time, earlier } = scene;
  const isComplete = finding.status === 'completed';
  return datasetOf({
    ...sharedModules(scene, own),
    ReferencedPerformedProcedureStepSequence: [],
    CompletionFlag: isComplete ? 'COMPLETE' : 'PARTIAL',
    CompletionFlagDescription: isComplete ? undefined : line(`No result: ${finding.reason}`, 64),
    VerificationFlag: 'UNVERIFIED',
    PreliminaryFlag: 'PRELIMINARY',
    ContentDate: date,
    ContentTime: time,
    ReferencedRequestSequence: requestItems(scene),
    PerformedProcedureCodeSequence: [],
    CurrentRequestedProcedureEvidenceSequence: scene.evidence.length > 0 ? evidenceItems(scene) : undefined,
    PredecessorDocumentsSequence:
      earlier && referencedSop(finding.study.studyInstanceUid, [{ ...earlier, sopClassUid: srSopClass }]),
    ...contentTree(scene),
  });
}

function contentTree(scene: ResultScene): Attributes {
  const { finding, evidence } = scene;
  const children: WritableDataset[] = [
    codedItem(dcm('121049', 'Language of Content Item and Descendants'), ['en', 'RFC5646', 'English'])(
      'HAS CONCEPT MOD',
    ),
    ...observer(scene).map((item) => item('HAS OBS CONTEXT')),
    codedItem(dcm('121058', 'Procedure reported'), procedureOf(scene))('HAS CONCEPT MOD'),
  ];
  if (evidence.length > 0) {
    const images = evidence.map((image) => imageItem(undefined, image)('CONTAINS'));
    const group = container(dcm('126200', 'Image Library Group'), images);
    children.push(container(dcm('111028', 'Image Library'), [group('CONTAINS')])('CONTAINS'));
  }
  children.push(
    finding.status === 'completed'
      ? container(dcm('126010', 'Imaging Measurements'), [measurementGroup(scene, finding)])('CONTAINS')
      : container(
          sct('363787002', 'Observable entity'),
          noResult(scene, finding.reason, finding.code),
        )('CONTAINS'),
    textItem(dcm('121106', 'Comment'), lines(reportLines(finding)))('CONTAINS'),
  );
  return {
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [codeItem(dcm('126000', 'Imaging Measurement Report'))],
    ContinuityOfContent: 'SEPARATE',
    ContentTemplateSequence: [datasetOf({ MappingResource: 'DCMR', TemplateIdentifier: '1500' })],
    ContentSequence: children,
  };
}

/** TID 1002, 1004: a device observed, and no person did. */
function observer(scene: ResultScene): readonly Item[] {
  const { model } = scene.finding;
  return [
    codedItem(dcm('121005', 'Observer Type'), dcm('121007', 'Device')),
    uidItem(
      dcm('121012', 'Device Observer UID'),
      scene.uid('device', model.name, model.version, model.sha256),
    ),
    textItem(dcm('121013', 'Device Observer Name'), line(model.name, 1024)),
    textItem(dcm('121014', 'Device Observer Manufacturer'), line(model.publisher, 1024)),
    textItem(dcm('121015', 'Device Observer Model Name'), line(`${model.name} ${model.version}`, 1024)),
  ];
}

/** TID 4019. */
function algorithm(
  { finding: { model } }: ResultScene,
  parameters: readonly string[],
): readonly WritableDataset[] {
  return [
    textItem(dcm('111001', 'Algorithm Name'), line(model.name, 1024)),
    textItem(dcm('111003', 'Algorithm Version'), line(model.version, 1024)),
    ...[`SHA-256 of the model file: ${model.sha256}`, ...parameters].map((text) =>
      textItem(dcm('111002', 'Algorithm Parameters'), line(text, 1024)),
    ),
  ].map((item) => item('HAS CONCEPT MOD'));
}

/** TID 1501: what was looked for, whether it was found, how certain the model is, in which image. */
function measurementGroup(scene: ResultScene, finding: CompletedFinding): WritableDataset {
  const { target, positive, probability, threshold } = finding;
  const answer = positive ? 'positive' : 'negative';
  const source = scene.evidence.find(({ sopInstanceUid }) => sopInstanceUid === finding.sopInstanceUid);
  const inferredFrom =
    source === undefined ? [] : [imageItem(dcm('121112', 'Source of Measurement'), source)('INFERRED FROM')];
  return container(dcm('125007', 'Measurement Group'), [
    textItem(
      dcm('112039', 'Tracking Identifier'),
      line(`${target.display}: ${answer}`, 1024),
    )('HAS OBS CONTEXT'),
    uidItem(
      dcm('112040', 'Tracking Unique Identifier'),
      scene.uid('tracking', ...resultParts(scene), target.code),
    )('HAS OBS CONTEXT'),
    codedItem(dcm('121071', 'Finding'), codeOf(target))('CONTAINS'),
    ...algorithm(scene, [`Threshold: ${threshold}`, `Intended use: ${finding.model.intendedUse}`]),
    numberItem(dcm('111012', 'Certainty of Finding'), probability, proportion, inferredFrom)('CONTAINS'),
    codedItem(codeOf(target), positive ? sct('52101004', 'Present') : sct('2667000', 'Absent'))('CONTAINS'),
    codedItem(
      sct('363713009', 'Has interpretation'),
      positive ? sct('10828004', 'Positive') : sct('260385009', 'Negative'),
    )('CONTAINS'),
  ])('CONTAINS');
}

/** In the place of measurements: why there are none. No code of a finding stands in it. */
function noResult(scene: ResultScene, reason: string, code: string): readonly WritableDataset[] {
  return [
    codedItem(
      ['RESULT', '99BITHIVE', 'Result of the algorithm'],
      ['NONE', '99BITHIVE', 'No result'],
    )('CONTAINS'),
    textItem(
      ['REASON', '99BITHIVE', 'Reason for no result'],
      line(`NO RESULT. This is not a negative finding. ${reason} (${code})`, 1024),
    )('CONTAINS'),
    ...algorithm(scene, []),
  ];
}

/** The ordered procedure, else that it is imaging. */
function procedureOf({ finding }: ResultScene): Code {
  const procedure = finding.order?.procedure;
  if (procedure === undefined || procedure.code === '') return sct('363679005', 'Imaging');
  return codeOf(procedure);
}

/** The order, where it is of the patient of the images (PS3.3 C.17.2, type 1C). */
function requestItems({ finding, source }: ResultScene): readonly WritableDataset[] | undefined {
  const { order, study } = finding;
  if (order === undefined || !isOrderOfPatient(order, study.instances)) return undefined;
  const { procedure } = order;
  return [
    datasetOf({
      StudyInstanceUID: study.studyInstanceUid,
      ReferencedStudySequence: [],
      AccessionNumber: source?.accessionNumber ?? line(order.accessionNumber, 16),
      PlacerOrderNumberImagingServiceRequest: order.placerOrderNumber
        ? line(order.placerOrderNumber, 64)
        : null,
      FillerOrderNumberImagingServiceRequest: order.fillerOrderNumber
        ? line(order.fillerOrderNumber, 64)
        : null,
      RequestedProcedureID: null,
      RequestedProcedureDescription: procedure?.display ? line(procedure.display, 64) : null,
      RequestedProcedureCodeSequence: procedure?.code ? [codeItem(codeOf(procedure))] : [],
    }),
  ];
}
