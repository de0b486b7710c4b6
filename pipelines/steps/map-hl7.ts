import { z } from 'zod';
import type { Json } from '../../core/json.ts';
import { orderFactsJson, orderScope, urgencyPriority } from '../../core/order.ts';
import { type Hl7ToFhirMap, printBundle } from '../../mappings/index.ts';
import type { StepKind } from '../channel/catalog.ts';
import { Utf8Block } from './utf8-block.ts';

export const fhirContentType = 'application/fhir+json';

/** `map`: an HL7 v2 message becomes a FHIR transaction; the orders in it are published for the imaging channels. */
export function mapHl7(maps: { readonly 'hl7v2-to-fhir': Hl7ToFhirMap }): StepKind<'hl7v2-to-fhir'> {
  const block = new Utf8Block();
  return {
    kind: 'map',
    settings: z.literal('hl7v2-to-fhir'),
    create: (name) => ({
      kind: 'map',
      takes: ['hl7v2'],
      apply({ message, subject, keys }, output) {
        const context = { receivedAtMs: message.receivedAtMs, messageId: message.id };
        const { bundle, before, issues, residue, orders } = maps[name].convert(
          output.hl7 ?? subject.hl7,
          context,
        );
        const priority = urgencyPriority[orders[0]?.urgency ?? 'routine'];
        // Deliveries of one message keep their order in the lanes that they share.
        for (const one of before === undefined ? [bundle] : [before, bundle]) {
          const bytes = block.encode(printBundle(one));
          output.products.push({ contentType: fhirContentType, bytes, keys, priority });
        }
        for (const order of orders) {
          output.states.push({ scope: orderScope, key: order.accessionNumber, value: orderFactsJson(order) });
        }
        if (issues.length > 0) output.report.issues = issues as unknown as Json;
        if (residue.length > 0) output.report.residue = residue as unknown as Json;
      },
    }),
  };
}
