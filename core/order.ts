import type { JsonObject } from './json.ts';

/** Urgency of an order, HL7 table 0485 and 0027 folded to what a queue can act on. */
export const urgencies = ['stat', 'urgent', 'routine'] as const;
export type Urgency = (typeof urgencies)[number];

/** Outbox priority of each urgency (`NewDelivery.priority`). */
export const urgencyPriority: Readonly<Record<Urgency, number>> = { stat: 9, urgent: 5, routine: 0 };

/** Scope of the states under which channels publish orders for each other, by accession number. */
export const orderScope = 'order';

/**
 * What an imaging order says that later messages need. Published by the order's channel under its accession number,
 * read by the imaging channel when a study of that accession number is complete.
 */
export interface OrderFacts {
  readonly accessionNumber: string;
  readonly placerOrderNumber?: string;
  readonly fillerOrderNumber?: string;
  readonly patientId: string;
  /** The other values of PID-3: the images may carry any of them. */
  readonly otherPatientIds?: readonly string[];
  readonly urgency: Urgency;
  readonly modality?: string;
  readonly studyInstanceUid?: string;
  /** Coded procedure asked for: OBR-4. */
  readonly procedure?: { readonly code: string; readonly display: string; readonly system?: string };
  /** The message that carried the order. */
  readonly messageId: number;
  /** System and value of the ServiceRequest identifiers sent to the EHR; the first one is the one to refer to. */
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
}

export function orderFactsJson(order: OrderFacts): JsonObject {
  return JSON.parse(JSON.stringify(order)) as JsonObject;
}
