/** The options of PS3.15 E.3 that change what is done with attributes. */
export type ProfileOption =
  | 'retain-safe-private'
  | 'retain-uids'
  | 'retain-device-identity'
  | 'retain-institution-identity'
  | 'retain-patient-characteristics'
  | 'retain-full-dates'
  | 'retain-modified-dates'
  | 'clean-descriptors'
  | 'clean-structured-content'
  | 'clean-graphics';

interface OptionFacts {
  readonly name: ProfileOption;
  /** Its column in tables/confidentiality-profile.csv. */
  readonly column: string;
  /** PS3.16 CID 7050, scheme DCM: how an object says that the option was in force. */
  readonly code: string;
  readonly meaning: string;
}

/** In the order of the table's columns. */
export const profileOptions: readonly OptionFacts[] = [
  option('retain-safe-private', 'retainSafePrivate', '113111', 'Retain Safe Private Option'),
  option('retain-uids', 'retainUids', '113110', 'Retain UIDs Option'),
  option('retain-device-identity', 'retainDeviceIdentity', '113109', 'Retain Device Identity Option'),
  option(
    'retain-institution-identity',
    'retainInstitutionIdentity',
    '113112',
    'Retain Institution Identity Option',
  ),
  option(
    'retain-patient-characteristics',
    'retainPatientCharacteristics',
    '113108',
    'Retain Patient Characteristics Option',
  ),
  option(
    'retain-full-dates',
    'retainFullDates',
    '113106',
    'Retain Longitudinal Temporal Information Full Dates Option',
  ),
  option(
    'retain-modified-dates',
    'retainModifiedDates',
    '113107',
    'Retain Longitudinal Temporal Information Modified Dates Option',
  ),
  option('clean-descriptors', 'cleanDescriptors', '113105', 'Clean Descriptors Option'),
  option('clean-structured-content', 'cleanStructuredContent', '113104', 'Clean Structured Content Option'),
  option('clean-graphics', 'cleanGraphics', '113103', 'Clean Graphics Option'),
];

/** Codes of CID 7050 that no option of the table stands for. */
export const basicProfileCode = { code: '113100', meaning: 'Basic Application Confidentiality Profile' };
export const cleanPixelsCode = { code: '113101', meaning: 'Clean Pixel Data Option' };

function option(name: ProfileOption, column: string, code: string, meaning: string): OptionFacts {
  return { name, column, code, meaning };
}
