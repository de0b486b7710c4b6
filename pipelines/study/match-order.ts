import type { Json, JsonObject } from '../../core/json.ts';
import {
  type OrderFacts,
  orderByPatientScope,
  orderByStudyScope,
  orderKey,
  orderScope,
} from '../../core/order.ts';
import type { StudyInstance } from '../../core/study.ts';
import type { Systems } from '../../mappings/identity/systems.ts';
import { type IdentityFault, identityFaults } from '../../mappings/imaging/order-match.ts';
import type { StateReader } from '../process/step.ts';
import { parseOrder, parseOrdersOfPatient } from './stored.ts';
import type { StudyMatch } from './study-state.ts';

/** By what an order was found. */
export type MatchedBy = 'accession number' | 'Study Instance UID' | 'patient, modality and time';

/**
 * - *matched*: the study is of this order.
 * - *mismatch*: an order has the study's name and another patient.
 * - *proposed*: an order of the patient that the study may be of; an operator sees it, and it is linked where the channel says so.
 */
export type OrderMatch =
  | { readonly kind: 'matched'; readonly by: MatchedBy; readonly order: OrderFacts }
  | {
      readonly kind: 'mismatch';
      readonly by: MatchedBy;
      readonly order: OrderFacts;
      readonly faults: readonly IdentityFault[];
    }
  | { readonly kind: 'proposed'; readonly by: MatchedBy; readonly order: OrderFacts }
  | { readonly kind: 'none' };

export interface MatchSettings {
  readonly systems: Systems;
  /** Absent: nothing is proposed. */
  readonly proposals?: { readonly withinHours: number; readonly link: boolean };
}

export interface MatchedStudy {
  readonly studyInstanceUid: string;
  readonly instances: readonly StudyInstance[];
}

/**
 * Finds the order of a study: by accession number, with its issuer where both name one; by Study Instance UID; else among the patient's
 * orders of the modality and time. The first that is of the images' patient is taken.
 */
export function matchOrder(state: StateReader, study: MatchedStudy, settings: MatchSettings): OrderMatch {
  const { instances, studyInstanceUid } = study;
  let mismatch: OrderMatch | undefined;
  const candidates = [
    { by: 'accession number', order: orderOfAccession(state, instances) },
    { by: 'Study Instance UID', order: parseOrder(state.get(orderByStudyScope, studyInstanceUid)) },
  ] as const;
  for (const { by, order } of candidates) {
    if (order === undefined) continue;
    const faults = identityFaults(order, instances, settings.systems);
    if (faults.length === 0) return { kind: 'matched', by, order };
    mismatch ??= { kind: 'mismatch', by, order, faults };
  }
  return mismatch ?? proposal(state, instances, settings) ?? { kind: 'none' };
}

export const accessionOf = (instances: readonly StudyInstance[]): string | undefined =>
  instances.find(({ accessionNumber }) => accessionNumber)?.accessionNumber;

function orderOfAccession(state: StateReader, instances: readonly StudyInstance[]): OrderFacts | undefined {
  const named = instances.find(({ accessionNumber }) => accessionNumber);
  if (named?.accessionNumber === undefined) return undefined;
  const { accessionNumber, accessionIssuer } = named;
  if (accessionIssuer !== undefined) {
    const exact = parseOrder(state.get(orderScope, orderKey(accessionNumber, accessionIssuer)));
    if (exact !== undefined) return exact;
  }
  const order = parseOrder(state.get(orderScope, accessionNumber));
  const isOfAnother =
    accessionIssuer !== undefined &&
    order?.accessionIssuer !== undefined &&
    order.accessionIssuer !== accessionIssuer;
  return isOfAnother ? undefined : order;
}

const hourMs = 3_600_000;

/** Of two orders that fit none is proposed: the choice is a person's. */
function proposal(
  state: StateReader,
  instances: readonly StudyInstance[],
  { proposals, systems }: MatchSettings,
): OrderMatch | undefined {
  const [first] = instances;
  const patientId = first?.patientId;
  if (proposals === undefined || first === undefined || patientId === undefined || patientId === '')
    return undefined;
  const listed = parseOrdersOfPatient(state.get(orderByPatientScope, patientId))?.orders ?? [];
  const modalities = new Set(instances.map(({ modality }) => modality));
  const madeAtMs = madeAt(first);
  const near = listed.filter(
    ({ modality, plannedAtMs }) =>
      modalities.has(modality) &&
      plannedAtMs !== undefined &&
      Math.abs(plannedAtMs - madeAtMs) <= proposals.withinHours * hourMs,
  );
  const orders = near.flatMap(({ accessionNumber }) => {
    const order = parseOrder(state.get(orderScope, accessionNumber));
    const isFit = order !== undefined && order.status === undefined;
    return isFit && identityFaults(order, instances, systems).length === 0 ? [order] : [];
  });
  const [order, another] = orders;
  if (order === undefined || another !== undefined) return undefined;
  const by = 'patient, modality and time';
  return proposals.link ? { kind: 'matched', by, order } : { kind: 'proposed', by, order };
}

/** When the study was made: on its date, at noon where it gives no time; else when its image came in. The window is hours, so a zone matters little. */
function madeAt({ studyDate, studyTime, receivedAtMs }: StudyInstance): number {
  const date = /^(\d{4})\.?(\d{2})\.?(\d{2})/.exec(studyDate ?? '');
  if (date === null) return receivedAtMs;
  const [hour = '12', minute = '00'] = /^(\d{2}):?(\d{2})?/.exec(studyTime ?? '')?.slice(1) ?? [];
  const atMs = Date.UTC(
    Number(date[1]),
    Number(date[2]) - 1,
    Number(date[3]),
    Number(hour),
    Number(minute ?? 0),
  );
  return Number.isNaN(atMs) ? receivedAtMs : atMs;
}

/** What an operator is told of a match; it leads to the order's message and names no patient. */
export function matchReport(match: OrderMatch): Json {
  if (match.kind === 'none') return { match: 'none' };
  const { kind, by, order } = match;
  return {
    match: kind,
    by,
    messageId: order.messageId,
    ...(match.kind === 'mismatch' ? { differs: [...match.faults] } : {}),
  };
}

/** The same as an issue, for a study or a report that the order was not linked to. */
export function issueOfAnotherPatient({
  order,
  faults,
}: OrderMatch & { readonly kind: 'mismatch' }): JsonObject {
  return {
    severity: 'error',
    code: 'BH_ORDER_PATIENT',
    path: 'PID-3',
    row: 'order',
    text: `the order of message ${order.messageId} differs from the images in ${faults.join(', ')}: it is not linked, its priority does not count`,
  };
}

/** What the study remembers of its match, for whoever looks at it. */
export function matchOf(match: OrderMatch): { readonly match?: StudyMatch } {
  if (match.kind === 'none') return {};
  const { kind, by, order } = match;
  const { accessionNumber, messageId } = order;
  return {
    match: {
      kind,
      by,
      accessionNumber,
      messageId,
      differs: match.kind === 'mismatch' ? [...match.faults] : [],
    },
  };
}
