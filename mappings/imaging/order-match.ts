import type { OrderFacts } from '../../core/order.ts';
import type { StudyInstance } from '../../core/study.ts';
import { clean } from '../hl7v2/values/value-type.ts';

/**
 * Whether an order may be taken for a study: every image that names a patient names the order's, by any of the ids that the order gave. An
 * accession number is typed by people; the images decide whose study it is. Where one of the two names nobody, the accession number alone
 * decides.
 */
export function isOrderOfPatient(
  { patientId, otherPatientIds = [] }: Pick<OrderFacts, 'patientId' | 'otherPatientIds'>,
  instances: readonly Pick<StudyInstance, 'patientId'>[],
): boolean {
  const ordered = [patientId, ...otherPatientIds].map(clean).filter((id) => id !== '');
  if (ordered.length === 0) return true;
  return instances.every((instance) => {
    const imaged = clean(instance.patientId ?? '');
    return imaged === '' || ordered.includes(imaged);
  });
}
