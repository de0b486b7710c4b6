import type { JsonObject } from './json.ts';

/** Urgency of an order, HL7 table 0485 and 0027 folded to what a queue can act on. */
export const urgencies = ['stat', 'urgent', 'routine'] as const;
export type Urgency = (typeof urgencies)[number];

/** Outbox priority of each urgency (`NewDelivery.priority`). */
export const urgencyPriority: Readonly<Record<Urgency, number>> = { stat: 9, urgent: 5, routine: 0 };

/** Scope of the states under which channels publish orders for each other, by accession number. */
export const orderScope = 'order';

/** The same facts by the Study Instance UID that the order announces (ZDS, IPC-3). */
export const orderByStudyScope = 'order-by-study';

/** The newest orders of each patient (`OrdersOfPatient`), by patient id, for images whose accession number is none. */
export const orderByPatientScope = 'order-by-patient';

export interface OrdersOfPatient {
  readonly orders: readonly {
    readonly accessionNumber: string;
    readonly modality: string;
    readonly plannedAtMs?: number;
  }[];
}

/** Names that no channel may have: its own states would be taken for what channels publish for each other. */
export const publishedScopes: readonly string[] = [orderScope, orderByStudyScope, orderByPatientScope];

/** Under which key of `orderScope` an order is found: accession numbers of two assigners may be alike. */
export const orderKey = (accessionNumber: string, issuer?: string): string =>
  issuer === undefined || issuer === '' ? accessionNumber : `${accessionNumber}^${issuer}`;

/**
 * What an imaging order says that later messages need. Published by the order's channel under its accession number,
 * read by the imaging channel when a study of that accession number is complete.
 */
export interface OrderFacts {
  readonly accessionNumber: string;
  /** Who assigned it, where the order says so: IPC-1. */
  readonly accessionIssuer?: string;
  /** What the order's system last said of it (ORC-1, ORC-5); absent: it is under way. */
  readonly status?: 'completed' | 'cancelled';
  readonly placerOrderNumber?: string;
  readonly fillerOrderNumber?: string;
  readonly patientId: string;
  /** System of `patientId`, by the site's table of assigners; absent where the order names none. */
  readonly patientIdSystem?: string;
  /** PID-5 as DICOM writes a name (family^given), PID-7 as YYYYMMDD, PID-8: what the images are held against. */
  readonly patientName?: string;
  readonly patientBirthDate?: string;
  readonly patientSex?: string;
  /** The other values of PID-3: the images may carry any of them. */
  readonly otherPatientIds?: readonly string[];
  readonly urgency: Urgency;
  readonly modality?: string;
  readonly studyInstanceUid?: string;
  /** Coded procedure asked for: OBR-4. */
  readonly procedure?: { readonly code: string; readonly display: string; readonly system?: string };
  /** An operator said that it is the order of a study whose images name another patient. */
  readonly confirmedBy?: string;
  /** When the examination is planned or was asked for. */
  readonly plannedAtMs?: number;
  /** The message that carried the order. */
  readonly messageId: number;
  /** System and value of the ServiceRequest identifiers sent to the EHR; the first one is the one to refer to. */
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
}

export function orderFactsJson(order: OrderFacts): JsonObject {
  return JSON.parse(JSON.stringify(order)) as JsonObject;
}
