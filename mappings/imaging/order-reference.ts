import type { FhirObject } from '../bundle/bundle.ts';
import { clean } from '../hl7v2/values/value-type.ts';
import { token } from '../identity/requests.ts';
import type { Scene } from './scene.ts';

const acsn: FhirObject = {
  coding: [
    { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'ACSN', display: 'Accession ID' },
  ],
};

/** The accession number as an identifier; undefined when the images have none. */
export function accessionIdentifier(scene: Scene): FhirObject | undefined {
  const value = clean(scene.first?.accessionNumber ?? scene.finding.order?.accessionNumber ?? '');
  return value === '' ? undefined : { type: acsn, system: scene.systems.local('accession'), value };
}

/**
 * What the report is based on. A known order was written to the EHR before: a conditional reference (FHIR R4 3.1.0.11.4), or its id where the
 * site writes ids. Otherwise the accession number as a logical reference, because a conditional one that finds nothing would fail the whole
 * transaction. An order of another patient is never taken: the images decide whose report it is.
 */
export function basedOn(scene: Scene): FhirObject | undefined {
  const { finding, site, uuid, first } = scene;
  const identifier = finding.order?.identifiers[0];
  const isSamePatient =
    !first?.patientId || !finding.order?.patientId || first.patientId === finding.order.patientId;
  if (identifier !== undefined && isSamePatient) {
    const id = uuid('ServiceRequest', identifier.system, identifier.value);
    const search = `ServiceRequest?identifier=${token(identifier)}`;
    return { reference: site.write === 'client-id' ? `ServiceRequest/${id}` : search };
  }
  const accession = accessionIdentifier(scene);
  return accession === undefined ? undefined : { type: 'ServiceRequest', identifier: accession };
}
