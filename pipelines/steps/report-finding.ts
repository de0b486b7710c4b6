import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import type { Finding } from '../../core/inference.ts';
import { urgencyPriority } from '../../core/order.ts';
import { findingToBundle } from '../../mappings/imaging/finding-to-bundle.ts';
import type { SiteSettings } from '../../mappings/site.ts';
import type { StepKind } from '../channel/catalog.ts';
import { fhirContentType } from './map-hl7.ts';

/** `report`: a finding of the grid becomes the transaction that writes its DiagnosticReport to the EHR. */
export function reportFinding(site: SiteSettings): StepKind<unknown> {
  return {
    kind: 'report',
    settings: z.literal('finding-to-fhir'),
    create: () => ({
      kind: 'report',
      takes: ['finding'],
      apply({ subject }, output) {
        const finding = findingOf(subject.json);
        const { study, order } = finding;
        const bundle = findingToBundle(finding, site);
        const patientId = study.instances[0]?.patientId;
        output.products.push({
          contentType: fhirContentType,
          bytes: new TextEncoder().encode(JSON.stringify(bundle)),
          keys: [study.studyInstanceUid, ...(patientId ? [patientId] : [])],
          priority: urgencyPriority[order?.urgency ?? 'routine'],
          facts: { study: study.studyInstanceUid, version: study.version, model: finding.model.name },
        });
      },
    }),
  };
}

function findingOf(body: unknown): Finding {
  const finding = body as Finding;
  if (finding.status === 'completed' || finding.status === 'refused') return finding;
  throw new BitHiveError('BH_MAP_FAILED', 'the body is not a finding of the grid');
}
