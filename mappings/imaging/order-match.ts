import type { OrderFacts } from '../../core/order.ts';
import type { StudyInstance } from '../../core/study.ts';
import { clean } from '../hl7v2/values/value-type.ts';

/**
 * Whether an order may be taken for a study: no image names another patient than the order does. An accession number is typed by
 * people; the images decide whose study it is. Where one of the two names nobody, the accession number alone decides.
 */
export function isOrderOfPatient(
  { patientId }: Pick<OrderFacts, 'patientId'>,
  instances: readonly Pick<StudyInstance, 'patientId'>[],
): boolean {
  const ordered = clean(patientId);
  if (ordered === '') return true;
  return instances.every((instance) => {
    const imaged = clean(instance.patientId ?? '');
    return imaged === '' || imaged === ordered;
  });
}
