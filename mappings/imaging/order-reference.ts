import type { Finding } from '../../core/inference.ts';
import type { OrderFacts } from '../../core/order.ts';
import type { FhirObject, Resource } from '../bundle/bundle.ts';
import { clean } from '../hl7v2/values/value-type.ts';
import { isOrderOfPatient } from './order-match.ts';
import { place, type Scene } from './scene.ts';

const acsn: FhirObject = {
  coding: [
    { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'ACSN', display: 'Accession ID' },
  ],
};

/** The order as far as its facts go. Its status is not among them. */
function knownOrder(order: OrderFacts, subject: FhirObject): Resource {
  const { procedure } = order;
  const coding = procedure && {
    ...(procedure.system ? { system: procedure.system } : {}),
    code: procedure.code,
    ...(procedure.display ? { display: procedure.display } : {}),
  };
  return {
    resourceType: 'ServiceRequest',
    identifier: order.identifiers.map(({ system, value }) => ({ system, value })),
    status: 'unknown',
    intent: 'order',
    ...(coding ? { code: { coding: [coding] } } : {}),
    subject,
  };
}

/** The accession number as an identifier; undefined when the images have none. */
export function accessionIdentifier(scene: Scene): FhirObject | undefined {
  const value = clean(scene.first?.accessionNumber ?? scene.finding.order?.accessionNumber ?? '');
  return value === '' ? undefined : { type: acsn, system: scene.systems.local('accession'), value };
}

/**
 * What the report is based on. A known order was written to the EHR before, unless the EHR refused it: so the ServiceRequest is ensured
 * in the same transaction (created, with what the engine knows, only where there is none), because a conditional reference that
 * finds nothing would fail the report with it. Its id where the site writes ids. Without an order the accession number as a logical
 * reference. An order of another patient is never taken, nor referred to by its accession number: the images decide whose report it is.
 */
export function basedOn(scene: Scene, subject: FhirObject): FhirObject | undefined {
  const { finding, site, uuid } = scene;
  if (hasOrderOfAnother(finding)) return undefined;
  const identifier = finding.order?.identifiers[0];
  if (finding.order !== undefined && identifier !== undefined) {
    const id = uuid('ServiceRequest', identifier.system, identifier.value);
    if (site.write === 'client-id') return { reference: `ServiceRequest/${id}` };
    return place(scene, 'ensure', knownOrder(finding.order, subject), identifier);
  }
  const accession = accessionIdentifier(scene);
  return accession === undefined ? undefined : { type: 'ServiceRequest', identifier: accession };
}

export const hasOrderOfAnother = ({ order, study }: Finding): boolean =>
  order !== undefined && !isOrderOfPatient(order, study.instances);
