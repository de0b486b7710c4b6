import type { FhirObject, Resource } from '../bundle/bundle.ts';
import { readDate } from '../hl7v2/values/date-time.ts';
import { clean } from '../hl7v2/values/value-type.ts';
import { place, type Scene, uidIdentifier } from './scene.ts';

const genders: { readonly [sex: string]: string } = { M: 'male', F: 'female', O: 'other' };

/**
 * The patient as the images name them, created only when the EHR has none of that identifier: its own record is richer. The system is the one
 * that HL7's CX.4 gets for the same assigner, so that one person is one Patient.
 */
export function placePatient(scene: Scene): FhirObject {
  const { first, systems, finding } = scene;
  const value = clean(first?.patientId ?? '');
  const issuer = clean(first?.patientIdIssuer ?? '');
  const identifier =
    value === ''
      ? {
          system: systems.local('patient-of-study'),
          value: uidIdentifier(finding.study.studyInstanceUid).value,
        }
      : { system: systems.of({ namespaceId: issuer, universalId: issuer }, 'patient'), value };
  const patient: Resource = { resourceType: 'Patient', identifier: [{ ...identifier }] };
  const name = personName(first?.patientName ?? '');
  if (name !== undefined) patient.name = [name];
  const gender = genders[first?.patientSex ?? ''];
  if (gender !== undefined) patient.gender = gender;
  const birthDate = readDate(first?.patientBirthDate ?? '').text;
  if (birthDate !== undefined) patient.birthDate = birthDate;
  return place(scene, 'ensure', patient, identifier);
}

/** DICOM PN (PS3.5 6.2.1): the first group that is there; family, given, middle, prefix, suffix. */
function personName(text: string): FhirObject | undefined {
  const group = text.split('=').find((one) => one.replaceAll('^', '').trim() !== '') ?? '';
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = group.split('^').map(clean);
  const name: FhirObject = {};
  if (family !== '') name.family = family;
  const givenNames = [given, middle].filter((one) => one !== '');
  if (givenNames.length > 0) name.given = givenNames;
  if (prefix !== '') name.prefix = [prefix];
  if (suffix !== '') name.suffix = [suffix];
  return Object.keys(name).length === 0 ? undefined : name;
}
