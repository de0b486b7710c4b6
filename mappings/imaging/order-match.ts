import type { OrderFacts } from '../../core/order.ts';
import type { StudyInstance } from '../../core/study.ts';
import { clean } from '../hl7v2/values/value-type.ts';
import type { Systems } from '../identity/systems.ts';

/** What of a patient's identity differs between two sources; said without its value. */
export const identityFaultKinds = ['patient id', 'assigner', 'birth date', 'sex', 'name'] as const;
export type IdentityFault = (typeof identityFaultKinds)[number];

export type OrderPatient = Pick<
  OrderFacts,
  | 'patientId'
  | 'otherPatientIds'
  | 'patientIdSystem'
  | 'patientName'
  | 'patientBirthDate'
  | 'patientSex'
  | 'confirmedBy'
>;
export type ImagePatient = Pick<
  StudyInstance,
  'patientId' | 'patientIdIssuer' | 'patientName' | 'patientBirthDate' | 'patientSex'
>;

/**
 * Holds the patient of an order against the one that each image names. An accession number is typed by people; the images decide whose study
 * it is. Ids are compared with their assigners (CX.4 and Issuer of Patient ID, by the site's table); beside them what cannot differ for
 * one person: birth date, sex, and a name that has no word in common. What one of the two leaves out speaks neither for it nor against.
 *
 * @param systems how the site resolves assigners; absent: ids are compared without them
 */
export function identityFaults(
  order: OrderPatient,
  images: readonly ImagePatient[],
  systems?: Systems,
): readonly IdentityFault[] {
  if (order.confirmedBy !== undefined) return [];
  const found = new Set<IdentityFault>();
  // Thousands of images name the same patient in the same words.
  const seen = new Set<string>();
  for (const image of images) {
    const { patientId, patientIdIssuer, patientName, patientBirthDate, patientSex } = image;
    const key = JSON.stringify([patientId, patientIdIssuer, patientName, patientBirthDate, patientSex]);
    if (seen.has(key)) continue;
    seen.add(key);
    const fault = idFault(order, image, systems);
    if (fault !== null) found.add(fault);
    if (differs(dayOf(order.patientBirthDate), dayOf(image.patientBirthDate))) found.add('birth date');
    if (differs(sexOf(order.patientSex), sexOf(image.patientSex))) found.add('sex');
    if (areStrangers(order.patientName, image.patientName)) found.add('name');
  }
  return identityFaultKinds.filter((kind) => found.has(kind));
}

export const isOrderOfPatient = (
  order: OrderPatient,
  images: readonly ImagePatient[],
  systems?: Systems,
): boolean => identityFaults(order, images, systems).length === 0;

/** How many patients the images of one study name, by id and issuer. */
export function patientsCount(images: readonly ImagePatient[], systems?: Systems): number {
  const named = images.filter(({ patientId }) => clean(patientId ?? '') !== '');
  return new Set(
    named.map(
      ({ patientId, patientIdIssuer }) => `${systemOf(patientIdIssuer, systems)}|${clean(patientId ?? '')}`,
    ),
  ).size;
}

function idFault(
  { patientId, otherPatientIds = [], patientIdSystem }: OrderPatient,
  image: ImagePatient,
  systems: Systems | undefined,
): IdentityFault | null {
  const ordered = [patientId, ...otherPatientIds].map(clean).filter((id) => id !== '');
  const imaged = clean(image.patientId ?? '');
  if (ordered.length === 0 || imaged === '') return null;
  if (!ordered.includes(imaged)) return 'patient id';
  const isMain = clean(patientId) === imaged && !otherPatientIds.map(clean).includes(imaged);
  if (!isMain || systems === undefined || patientIdSystem === undefined) return null;
  // Most images name no issuer: what a site takes for granted then is no evidence.
  if (clean(image.patientIdIssuer ?? '') === '' || patientIdSystem === systems.local('patient')) return null;
  const imageSystem = systemOf(image.patientIdIssuer, systems);
  return patientIdSystem === imageSystem ? null : 'assigner';
}

function systemOf(issuer: string | undefined, systems: Systems | undefined): string {
  const name = clean(issuer ?? '');
  return systems === undefined ? name : systems.of({ namespaceId: name, universalId: name }, 'patient');
}

const differs = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

function dayOf(text: string | undefined): string | undefined {
  const digits = (text ?? '').replaceAll(/[.-]/g, '').slice(0, 8);
  return /^\d{8}$/.test(digits) ? digits : undefined;
}

const sexOf = (text: string | undefined): string | undefined =>
  text === 'M' || text === 'F' ? text : undefined;

/** Letters that do not come apart into a plain one and its accent, as they are written where there is none of them. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};
const specialLetter = /[ßæœøłđðþı]/g;

/**
 * Words of a name in Latin letters, as they are equal whoever typed them: Müller, MUELLER and Muller are one, as are Åse, Aase and Ase. A name in
 * other scripts has none and is not compared.
 */
function wordsOf(name: string | undefined): readonly string[] {
  const plain = (name ?? '')
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(specialLetter, (letter) => plainLetters[letter] as string);
  return plain
    .split(/[^a-z]+/)
    .map((word) => word.replaceAll(/(?<=[aou])e|(?<=a)a/g, ''))
    .filter((word) => word.length > 1);
}

/** A family name changes with a marriage, and some systems turn the parts around: strangers have no word in common. */
function areStrangers(one: string | undefined, other: string | undefined): boolean {
  const [left, right] = [wordsOf(one), wordsOf(other)];
  return left.length > 0 && right.length > 0 && !left.some((word) => right.includes(word));
}
