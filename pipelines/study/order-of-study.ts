import type { JsonObject } from '../../core/json.ts';
import type { OrderFacts } from '../../core/order.ts';
import type { Study } from '../../core/study.ts';
import { isOrderOfPatient } from '../../mappings/imaging/order-match.ts';
import type { StateReader } from '../process/step.ts';
import { parseOrder } from './stored.ts';

/** Scope under which order channels publish `OrderFacts`, by accession number. */
export const orderScope = 'order';

/** The order under an accession number, and whether it is of the patient of these images. */
export type OrderFound =
  | { readonly kind: 'none' }
  | { readonly kind: 'matches'; readonly order: OrderFacts }
  | { readonly kind: 'of-another-patient'; readonly order: OrderFacts };

export function orderOfStudy(
  state: StateReader,
  accessionNumber: string | undefined,
  /** Asked for only when there is an order: a study may have thousands. */
  instances: () => Study['instances'],
): OrderFound {
  if (accessionNumber === undefined || accessionNumber === '') return { kind: 'none' };
  const order = parseOrder(state.get(orderScope, accessionNumber));
  if (order === undefined) return { kind: 'none' };
  return { kind: isOrderOfPatient(order, instances()) ? 'matches' : 'of-another-patient', order };
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
