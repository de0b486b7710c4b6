import type { Json } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import {
  type OrderFacts,
  type OrdersOfPatient,
  orderByPatientScope,
  orderByStudyScope,
  orderFactsJson,
  orderKey,
  orderScope,
} from '../../core/order.ts';
import type { ProcessOutput, StateReader } from '../process/step.ts';
import { parseOrdersOfPatient } from './stored.ts';

/**
 * Publishes orders for the imaging channels: under the accession number, alone and with its assigner; under the Study Instance UID that the
 * order announces; and, where it asks for images of a modality, in the list of the patient's newest orders.
 */
export function publishOrders(
  orders: readonly OrderFacts[],
  state: StateReader,
  output: Pick<ProcessOutput, 'states'>,
): void {
  const lists = new Map<string, OrdersOfPatient>();
  for (const order of orders) {
    const { accessionNumber, accessionIssuer, studyInstanceUid, patientId, modality } = order;
    const value = orderFactsJson(order);
    const publish = (scope: string, key: string, what: Json) =>
      output.states.push({ scope, key, value: what });
    publish(orderScope, accessionNumber, value);
    if (accessionIssuer !== undefined) publish(orderScope, orderKey(accessionNumber, accessionIssuer), value);
    if (studyInstanceUid !== undefined) publish(orderByStudyScope, studyInstanceUid, value);
    if (modality === undefined || patientId === '') continue;
    const known = lists.get(patientId) ?? parseOrdersOfPatient(state.get(orderByPatientScope, patientId));
    lists.set(patientId, withOrder(known, order, modality));
  }
  for (const [key, list] of lists)
    output.states.push({
      scope: orderByPatientScope,
      key,
      value: JSON.parse(JSON.stringify(list)) as Json,
    });
}

/** The newest last; one that ended is none that images are awaited for. */
function withOrder(
  known: OrdersOfPatient | undefined,
  { accessionNumber, status, plannedAtMs }: OrderFacts,
  modality: string,
): OrdersOfPatient {
  const others = (known?.orders ?? []).filter((one) => one.accessionNumber !== accessionNumber);
  if (status !== undefined) return { orders: others };
  const own = { accessionNumber, modality, ...(plannedAtMs === undefined ? {} : { plannedAtMs }) };
  return { orders: [...others, own].slice(-limits.ordersOfPatientMax) };
}
