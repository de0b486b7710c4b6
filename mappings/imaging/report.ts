import type { Finding } from '../../core/inference.ts';
import { limits } from '../../core/limits.ts';
import type { FhirObject, Resource } from '../bundle/bundle.ts';
import { pdfReport } from './dicom/pdf-report.ts';
import { studyMoment } from './imaging-study.ts';
import { reportLines } from './report-lines.ts';
import { placeSignable, type Scene } from './scene.ts';

const radiology = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD', display: 'Radiology' }],
};
const imagingStudyReport = {
  coding: [{ system: 'http://loinc.org', code: '18748-4', display: 'Diagnostic imaging study' }],
};

/**
 * The report, one per study and model: a later version of the study, or of the model, updates it as long as it is preliminary. One that a human
 * signed elsewhere stays, and the later version is a report of its own. Cancelled, with the reason, when there is no result.
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
  const report: Resource = {
    resourceType: 'DiagnosticReport',
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
  report.presentedForm = presentedForms(scene);
  return placeSignable(scene, report, 'report', ['basedOn']);
}

/** HTML, as IHE IMR wants it (RAD-141), and a PDF where the site wants one. */
function presentedForms({ finding, first, forms }: Scene): FhirObject[] {
  const title = 'Preliminary AI report';
  const form = (contentType: string, bytes: Uint8Array): FhirObject => ({
    contentType,
    data: Buffer.from(bytes).toString('base64'),
    title,
  });
  const html = form('text/html', Buffer.from(printHtml(finding)));
  if (!forms.includes('pdf')) return [html];
  const pdf = pdfReport(reportLines(finding), first ?? {}, finding.ranAtMs);
  return pdf.length > limits.reportPdfBytesMax ? [html] : [html, form('application/pdf', pdf)];
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
