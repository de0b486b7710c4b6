import { dicomResultContentType, ownObjectScope } from '../../core/dicom-object.ts';
import type { Finding } from '../../core/inference.ts';
import { urgencyPriority } from '../../core/order.ts';
import { siteSystems } from '../../mappings/identity/systems.ts';
import { type DicomResult, findingToDicom } from '../../mappings/imaging/dicom/finding-to-dicom.ts';
import type { ResultKind } from '../../mappings/imaging/dicom/result-scene.ts';
import type { SiteSettings } from '../../mappings/site.ts';
import type { ProcessOutput, Product, Step, StepInput } from '../process/step.ts';
import { earlierReport, reportSeries, withReport } from '../study/dicom-reports.ts';
import { reportableFindings } from './reportable-findings.ts';

export interface DicomReportSettings {
  readonly make: readonly ResultKind[];
}

/**
 * `report` with `map: finding-to-dicom`: a finding becomes objects for the archives of the channel. Each is remembered as the engine's own, so that
 * an archive that forwards what it receives does not reopen the study; the structured report of a later version names the one before.
 */
export function reportDicom(site: SiteSettings, { make }: DicomReportSettings, channel: string): Step {
  const systems = siteSystems(site);
  return {
    kind: 'report',
    takes: ['finding', 'notice', 'timer'],
    apply(input, output) {
      const findings = reportableFindings(channel, systems, input, output);
      const made = findings.flatMap((finding) => report(site, make, channel, finding, input, output));
      if (made.length > 0) output.report.dicom = made;
    },
  };
}

function report(
  site: SiteSettings,
  make: readonly ResultKind[],
  channel: string,
  finding: Finding,
  input: StepInput,
  output: ProcessOutput,
): readonly { readonly kind: ResultKind; readonly sopInstanceUid: string }[] {
  const { study, model } = finding;
  const place = reportSeries(channel, study.studyInstanceUid, model.name);
  const known = input.state.get(place.scope, place.key);
  const results = findingToDicom(finding, site, make, (sopInstanceUid) =>
    earlierReport(known, sopInstanceUid, study.version),
  );
  for (const result of results) {
    output.states.push({
      scope: ownObjectScope,
      key: result.sopInstanceUid,
      value: study.studyInstanceUid,
    });
    output.products.push(productOf(finding, result));
  }
  const sr = results.find(({ kind }) => kind === 'sr');
  if (sr !== undefined) output.states.push({ ...place, value: withReport(known, sr, study.version) });
  return results.map(({ kind, sopInstanceUid }) => ({ kind, sopInstanceUid }));
}

function productOf({ study, order, model }: Finding, result: DicomResult): Product {
  const patientId = study.instances[0]?.patientId;
  const { kind, sopClassUid, sopInstanceUid, bytes } = result;
  return {
    contentType: dicomResultContentType,
    bytes,
    keys: [study.studyInstanceUid, ...(patientId ? [patientId] : [])],
    priority: urgencyPriority[order?.urgency ?? 'routine'],
    facts: {
      study: study.studyInstanceUid,
      version: study.version,
      model: model.name,
      result: kind,
      sopClassUid,
      sopInstanceUid,
    },
  };
}
