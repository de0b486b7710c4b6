import type { Finding } from '../../core/inference.ts';
import type { FhirObject, Resource } from '../bundle/bundle.ts';
import { studyMoment } from './imaging-study.ts';
import { reportLines } from './report-lines.ts';
import { ownIdentifier, placeResult, type Scene } from './scene.ts';

const radiology = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD', display: 'Radiology' }],
};
const imagingStudyReport = {
  coding: [{ system: 'http://loinc.org', code: '18748-4', display: 'Diagnostic imaging study' }],
};

/**
 * The report, one per study and model: a later version of the study, or of the model, updates it. Preliminary until a human signs it elsewhere;
 * cancelled, with the reason, when there is no result.
 */
export function placeReport(
  scene: Scene,
  parts: {
    readonly subject: FhirObject;
    readonly imagingStudy: FhirObject;
    readonly order: FhirObject | undefined;
    readonly results: readonly FhirObject[];
  },
): FhirObject {
  const { finding } = scene;
  const identifier = ownIdentifier(scene, 'report', finding.study.studyInstanceUid, finding.model.name);
  const report: Resource = {
    resourceType: 'DiagnosticReport',
    identifier: [{ ...identifier }],
    status: finding.status === 'completed' ? 'preliminary' : 'cancelled',
    category: [radiology],
    code: imagingStudyReport,
    subject: parts.subject,
    effectiveDateTime: studyMoment(scene) ?? scene.ranAt,
    issued: scene.ranAt,
    imagingStudy: [parts.imagingStudy],
    conclusion: conclusionOf(finding),
  } as Resource;
  if (parts.order !== undefined) report.basedOn = [parts.order];
  if (parts.results.length > 0) report.result = [...parts.results];
  const html = printHtml(finding);
  report.presentedForm = [
    { contentType: 'text/html', data: Buffer.from(html).toString('base64'), title: 'Preliminary AI report' },
  ];
  return placeResult(scene, report, identifier, ['basedOn']);
}

const conclusionOf = (finding: Finding): string => reportLines(finding).join('\n');

function printHtml(finding: Finding): string {
  const body = reportLines(finding).map((line) => `<p>${escapeHtml(line)}</p>`);
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Preliminary AI report</title></head><body>${body.join('')}</body></html>`;
}

const entities: { readonly [sign: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => entities[sign] as string);
