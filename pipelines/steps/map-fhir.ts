import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { urgencyPriority } from '../../core/order.ts';
import { hl7ContentType } from '../../formats/hl7v2/index.ts';
import {
  type FhirToHl7Map,
  type OutboundSettings,
  outboundSettingsSchema,
  parseWithDigits,
} from '../../mappings/index.ts';
import type { StepKind } from '../channel/catalog.ts';
import type { Product, StepInput } from '../process/step.ts';
import { fhirContentType } from './map-hl7.ts';

const map = z.literal('fhir-to-hl7v2');
const settings = z
  .union([map, outboundSettingsSchema.extend({ map })])
  .transform((given): OutboundSettings => {
    if (typeof given === 'string') return outboundSettingsSchema.parse({});
    const { map: _map, ...outbound } = given;
    return outbound;
  });

/** What is mapped: the body that came in, or what an earlier step made of it. */
interface Source {
  readonly settings: OutboundSettings;
  readonly bytes: Uint8Array;
  readonly keys: readonly string[];
  readonly priority?: number;
  readonly facts?: JsonObject;
}

/**
 * `map: fhir-to-hl7v2`: a FHIR body leaves as HL7 v2: a report as ORU^R01, a document as MDM^T02, an order's status as ORM^O01 or OMI^O23, a
 * patient or visit as ADT. After `report` it sends the finding's report too.
 */
export function mapFhir(outboundMap: FhirToHl7Map): StepKind<OutboundSettings> {
  return {
    kind: 'map',
    settings,
    create: (outbound) => ({
      kind: 'map',
      takes: ['fhir', 'finding', 'timer'],
      apply(input, output) {
        const { id, receivedAtMs } = input.message;
        const sent: Json[] = [];
        const sources = sourcesOf(input, output.products, outbound);
        for (const source of sources) {
          const controlId = sent.length === 0 ? String(id) : `${id}-${sent.length + 1}`;
          const { messages, issues, residue, urgency } = outboundMap.convert(
            parseWithDigits(textOf(source.bytes)),
            source.settings,
            { receivedAtMs, controlId },
          );
          const priority = source.priority ?? urgencyPriority[urgency];
          for (const { bytes, type, controlId, of, patientId } of messages) {
            const keys = source.keys.length > 0 || patientId === '' ? source.keys : [patientId];
            const facts = source.facts ? { facts: source.facts } : {};
            output.products.push({ contentType: hl7ContentType, bytes, keys, priority, ...facts });
            sent.push({ type, controlId, of });
          }
          if (issues.length > 0) output.report.outboundIssues = issues as unknown as Json;
          if (residue.length > 0) output.report.outboundResidue = residue;
        }
        if (sources.length > 0) output.report.outbound = sent;
      },
    }),
  };
}

/**
 * Of what an earlier step made only the report leaves: the order and the patient in its transaction are there to be referred to, and what
 * links a late order has nothing else.
 */
function sourcesOf(
  { message, subject, keys }: StepInput,
  products: readonly Product[],
  settings: OutboundSettings,
): readonly Source[] {
  if (message.kind === 'fhir') return [{ bytes: subject.bytes, keys, settings }];
  const ofReports = { ...settings, send: settings.send.filter((name) => name === 'ORU^R01') };
  return products
    .filter(({ contentType }) => contentType === fhirContentType)
    .map((product) => ({ ...product, settings: ofReports }));
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not UTF-8', { cause });
  }
}
