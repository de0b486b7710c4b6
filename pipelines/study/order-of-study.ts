import type { JsonObject } from '../../core/json.ts';
import { type OrderFacts, orderScope } from '../../core/order.ts';
import type { StateReader } from '../process/step.ts';
import { parseOrder } from './stored.ts';

/** The order under an accession number. Whose it is, is another question (`isOrderOfPatient`): accession numbers are typed by people. */
export function orderUnder(state: StateReader, accessionNumber: string | undefined): OrderFacts | undefined {
  if (accessionNumber === undefined || accessionNumber === '') return undefined;
  return parseOrder(state.get(orderScope, accessionNumber));
}

/** What the operator is told; it leads to both messages and names no patient. */
export function issueOfAnotherPatient(order: OrderFacts): JsonObject {
  return {
    severity: 'error',
    code: 'BH_ORDER_PATIENT',
    path: 'PID-3',
    row: 'order',
    text: `the order of message ${order.messageId} has the accession number of the study and another patient: it is not linked, its priority does not count`,
  };
}
