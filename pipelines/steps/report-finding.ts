import { z } from 'zod';
import type { Finding } from '../../core/inference.ts';
import { urgencyPriority } from '../../core/order.ts';
import { siteSystems } from '../../mappings/identity/systems.ts';
import { resultKinds } from '../../mappings/imaging/dicom/result-scene.ts';
import {
  findingToBundle,
  type LateOrder,
  lateLinkToBundles,
} from '../../mappings/imaging/finding-to-bundle.ts';
import { type ReportForm, reportForms } from '../../mappings/imaging/scene.ts';
import type { Bundle } from '../../mappings/index.ts';
import type { SiteSettings } from '../../mappings/site.ts';
import type { StepKind } from '../channel/catalog.ts';
import type { ProcessOutput, Product, StepInput } from '../process/step.ts';
import { type AwaitSettings, awaitOrder, orderTimer, reported } from '../study/awaited-order.ts';
import { accessionOf } from '../study/match-order.ts';
import { awaitedScope } from '../study/scopes.ts';
import { jsonOf, parseAwaitedOrder } from '../study/stored.ts';
import { linkLateOrder } from './link-late-order.ts';
import { fhirContentType } from './map-hl7.ts';
import { type DicomReportSettings, reportDicom } from './report-dicom.ts';
import { reportableFindings } from './reportable-findings.ts';

const dayMs = 86_400_000;

interface FhirReportSettings extends AwaitSettings {
  readonly forms: readonly ReportForm[];
}
interface GivenSettings {
  readonly orderDays?: number;
  readonly orderFirstMs?: number;
  readonly forms?: readonly ReportForm[];
}

const map = z.literal('finding-to-fhir');
const toFhir = z
  .union([
    map.transform(() => ({})),
    z.strictObject({
      map,
      /** A report without an order is linked when the order comes within so many days; 0: never. */
      orderDays: z.number().min(0).max(365).exactOptional(),
      /** Time from the report to the first look for its order. */
      orderFirstMs: z.number().int().min(1).max(dayMs).exactOptional(),
      /** Presented forms of the report: html, and pdf beside it. */
      forms: z.array(z.enum(reportForms)).min(1).exactOptional(),
    }),
  ])
  .transform((given): FhirReportSettings => {
    const { orderDays = 7, orderFirstMs = 10_000, forms = ['html'] }: GivenSettings = given;
    return { waitMs: orderDays * dayMs, firstMs: orderFirstMs, forms };
  });

const toDicom = z
  .strictObject({
    map: z.literal('finding-to-dicom'),
    /**
     * Forms in which the result goes to the archives: sr, sc, pdf, seg. A segmentation is made where the model gives masks. None where
     * a variable says that there is no archive.
     */
    make: z.array(z.enum(resultKinds)).default([...resultKinds]),
  })
  .transform(({ make }): DicomReportSettings => ({ make: [...new Set(make)] }));
/** `finding-to-fhir` writes to the EHR, `finding-to-dicom` to archives; a channel may have a step of each. */
const settings = z.union([toFhir, toDicom]);
type ReportSettings = z.output<typeof settings>;

/** Makes what writes a report; `late` when its order came after it: what links the two. */
export type PrintReport = (finding: Finding, late?: LateOrder) => readonly Product[];

/**
 * `report`: a finding of the grid becomes the transaction that writes its DiagnosticReport to the EHR. The order is looked up again here: it
 * may have come while the model ran. Without one the report waits for it; one of another patient blocks it.
 */
export function reportFinding(site: SiteSettings): StepKind<ReportSettings> {
  const systems = siteSystems(site);
  return {
    kind: 'report',
    readsMap: true,
    settings,
    create: (given, { channel }) => {
      if ('make' in given) return reportDicom(site, given, channel);
      const print: PrintReport = (finding, late) => productsOf(finding, site, given.forms, late);
      return {
        kind: 'report',
        takes: ['finding', 'notice', 'timer'],
        apply(input, output) {
          for (const finding of reportableFindings(channel, systems, input, output))
            report(channel, given, print, finding, input, output);
          if (input.message.kind === 'timer' && input.message.type === orderTimer)
            linkLateOrder({ channel, settings: given, print, systems }, input, output);
        },
      };
    },
  };
}

function report(
  channel: string,
  waiting: AwaitSettings,
  print: PrintReport,
  finding: Finding,
  input: StepInput,
  output: ProcessOutput,
): void {
  const { order, study } = finding;
  const { studyInstanceUid: key, instances } = study;
  const accessionNumber = order?.accessionNumber ?? accessionOf(instances);
  const scope = awaitedScope(channel);
  const awaited = parseAwaitedOrder(input.state.get(scope, key));
  output.products.push(...print(finding));

  // One that is known has been judged: linked, or an operator's word is that it is not the study's.
  if (order === undefined && accessionNumber && waiting.waitMs > 0) {
    const nowMs = input.message.receivedAtMs;
    const next = awaitOrder(awaited, finding, accessionNumber, nowMs);
    output.states.push({ scope, key, value: jsonOf(next) });
    output.timers.push({ key, name: orderTimer, dueAtMs: nowMs + waiting.firstMs });
  } else if (awaited) {
    const left = reported(awaited, finding.model.name);
    output.states.push({ scope, key, value: left && jsonOf(left) });
    if (left === null) output.timers.push({ key, name: orderTimer, dueAtMs: null });
  }
}

function productsOf(
  finding: Finding,
  site: SiteSettings,
  forms: readonly ReportForm[],
  late?: LateOrder,
): readonly Product[] {
  const { study, order, model } = finding;
  const patientId = study.instances[0]?.patientId;
  const { bundle, before }: { readonly bundle: Bundle; readonly before?: Bundle } =
    late === undefined
      ? { bundle: findingToBundle(finding, site, forms) }
      : lateLinkToBundles(finding, site, late, forms);
  // Deliveries of one message keep their order in the lanes that they share.
  return (before === undefined ? [bundle] : [before, bundle]).map((one) => ({
    contentType: fhirContentType,
    bytes: new TextEncoder().encode(JSON.stringify(one)),
    keys: [study.studyInstanceUid, ...(patientId ? [patientId] : [])],
    // A link is no news of the patient: it never goes before a report.
    priority: late === undefined ? urgencyPriority[order?.urgency ?? 'routine'] : 0,
    facts: {
      study: study.studyInstanceUid,
      version: study.version,
      model: model.name,
      ...(late === undefined ? {} : { lateOrder: late.messageId }),
    },
  }));
}
