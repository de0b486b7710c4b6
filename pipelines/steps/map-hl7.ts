import { z } from 'zod';
import type { Json } from '../../core/json.ts';
import { urgencyPriority } from '../../core/order.ts';
import { type Hl7ToFhirMap, printBundle } from '../../mappings/index.ts';
import type { StepKind } from '../channel/catalog.ts';
import { publishOrders } from '../study/publish-orders.ts';
import { deliverDocuments } from './cut-documents.ts';
import { Utf8Block } from './utf8-block.ts';

export const fhirContentType = 'application/fhir+json';

const map = z.literal('hl7v2-to-fhir');
const settings = z.union([
  map.transform((name) => ({ map: name, explain: false })),
  /** `explain`: keep with each message where every element of its Bundle came from. */
  z.strictObject({ map, explain: z.boolean().default(false) }),
]);

/** `map`: an HL7 v2 message becomes a FHIR transaction; the orders in it are published for the imaging channels. */
export function mapHl7(maps: {
  readonly 'hl7v2-to-fhir': Hl7ToFhirMap;
}): StepKind<z.output<typeof settings>> {
  const block = new Utf8Block();
  return {
    kind: 'map',
    readsMap: true,
    settings,
    create: ({ map: name, explain }) => ({
      kind: 'map',
      takes: ['hl7v2'],
      apply({ message, subject, keys, state }, output) {
        const context = { receivedAtMs: message.receivedAtMs, messageId: message.id, explain };
        const { bundle, before, issues, residue, orders, explanations } = maps[name].convert(
          output.hl7 ?? subject.hl7,
          context,
        );
        const priority = urgencyPriority[orders[0]?.urgency ?? 'routine'];
        // Deliveries of one message keep their order in the lanes that they share.
        const bundles = before === undefined ? [bundle] : [before, bundle];
        if (subject.documents.size > 0) {
          const { hl7, documents } = subject;
          output.products.push(...deliverDocuments(bundles, documents, hl7, { keys, priority }));
        }
        for (const one of bundles) {
          const bytes = block.encode(printBundle(one));
          output.products.push({ contentType: fhirContentType, bytes, keys, priority });
        }
        publishOrders(orders, state, output);
        if (issues.length > 0) output.report.issues = issues as unknown as Json;
        if (residue.length > 0) output.report.residue = residue as unknown as Json;
        if (explanations !== undefined) output.report.explanations = explanations as unknown as Json;
      },
    }),
  };
}
