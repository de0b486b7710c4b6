import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { InstanceFacts } from '../../../core/study.ts';
import type { HeldKey } from './held-objects.ts';
import { dateRange, listOf, type TextMatch, wildcard } from './text-match.ts';

export type SearchLevel = 'study' | 'series' | 'instance';

/** A search as it was asked (PS3.18 8.3.4, 10.6.1). */
export interface SurfaceQuery {
  /** What one instance must be. */
  matches(instance: InstanceFacts): boolean;
  /** What one instance of the study must be, whichever. */
  readonly modalityInStudy?: TextMatch;
  readonly key: HeldKey;
  readonly limit: number;
  readonly offset: number;
}

type FactName = keyof InstanceFacts;
interface MatchKey {
  readonly fact: FactName;
  readonly match: (text: string) => TextMatch;
}

const key = (fact: FactName, match: MatchKey['match'] = wildcard): MatchKey => ({ fact, match });
const keys: Readonly<Record<string, MatchKey>> = {
  StudyInstanceUID: key('studyInstanceUid', listOf),
  SeriesInstanceUID: key('seriesInstanceUid', listOf),
  SOPInstanceUID: key('sopInstanceUid', listOf),
  SOPClassUID: key('sopClassUid', listOf),
  PatientID: key('patientId'),
  IssuerOfPatientID: key('patientIdIssuer'),
  PatientName: key('patientName'),
  PatientBirthDate: key('patientBirthDate', dateRange),
  PatientSex: key('patientSex'),
  AccessionNumber: key('accessionNumber'),
  StudyDate: key('studyDate', dateRange),
  StudyDescription: key('studyDescription'),
  SeriesDescription: key('seriesDescription'),
  BodyPartExamined: key('bodyPart'),
  Modality: key('modality', listOf),
  SeriesNumber: key('seriesNumber'),
  InstanceNumber: key('instanceNumber'),
};

const tagNames: Readonly<Record<string, string>> = {
  '0020000D': 'StudyInstanceUID',
  '0020000E': 'SeriesInstanceUID',
  '00080018': 'SOPInstanceUID',
  '00080016': 'SOPClassUID',
  '00100020': 'PatientID',
  '00100021': 'IssuerOfPatientID',
  '00100010': 'PatientName',
  '00100030': 'PatientBirthDate',
  '00100040': 'PatientSex',
  '00080050': 'AccessionNumber',
  '00080020': 'StudyDate',
  '00081030': 'StudyDescription',
  '0008103E': 'SeriesDescription',
  '00180015': 'BodyPartExamined',
  '00080060': 'Modality',
  '00080061': 'ModalitiesInStudy',
  '00200011': 'SeriesNumber',
  '00200013': 'InstanceNumber',
};

/** Names of the match keys, for the document of the API. */
export const matchKeys: readonly string[] = [...Object.keys(keys), 'ModalitiesInStudy'];

/** Keys under which a message is found by its own search keys, the most selective first. */
const indexed = [
  ['SOPInstanceUID', 'sop-uid'],
  ['StudyInstanceUID', 'study-uid'],
  ['AccessionNumber', 'accession'],
  ['PatientID', 'mrn'],
] as const;

export type QueryParameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the parameters; `within` are those of the address. Every attribute that we return is always returned, so `includefield` changes nothing.
 * Throws BH_HTTP_INPUT for an attribute that is no match key: an answer that leaves a condition out would show other patients.
 */
export function surfaceQuery(
  parameters: QueryParameters,
  within: Readonly<Record<string, string>>,
): SurfaceQuery {
  const { limit, offset, includefield: _all, fuzzymatching: _no, ...asked } = parameters;
  const conditions: { readonly fact: FactName; readonly match: TextMatch }[] = [];
  const exact = new Map<string, string>();
  let modalityInStudy: TextMatch | undefined;
  for (const [given, value] of Object.entries({ ...asked, ...within })) {
    const name = tagNames[given.toUpperCase()] ?? given;
    const text = typeof value === 'string' ? value : value?.join(',');
    // Universal matching (PS3.4 C.2.2.2.3).
    if (text === undefined || text === '') continue;
    if (text.length > limits.searchKeyCharsMax * 16)
      throw new BitHiveError('BH_HTTP_INPUT', `${name} is too long`);
    if (name === 'ModalitiesInStudy') {
      modalityInStudy = listOf(text);
      continue;
    }
    const known = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (known === undefined)
      throw new BitHiveError('BH_HTTP_INPUT', `${given} is no match key: ${matchKeys.join(', ')}`);
    conditions.push({ fact: known.fact, match: known.match(text) });
    if (!/[*?,\\]/.test(text)) exact.set(name, text);
  }
  return {
    matches: (instance) => conditions.every(({ fact, match }) => match(String(instance[fact] ?? ''))),
    ...(modalityInStudy === undefined ? {} : { modalityInStudy }),
    key: keyOf(exact),
    limit: numberOf('limit', limit, limits.searchRowsMax) ?? 100,
    offset: numberOf('offset', offset, limits.studyInstancesMax) ?? 0,
  };
}

function keyOf(exact: ReadonlyMap<string, string>): HeldKey {
  for (const [name, searchKey] of indexed) {
    const value = exact.get(name);
    if (value !== undefined) return { name: searchKey, value: value.slice(0, limits.searchKeyCharsMax) };
  }
  return null;
}

function numberOf(name: string, value: QueryParameters[string], most: number): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new BitHiveError('BH_HTTP_INPUT', `${name}: expected a whole number`);
  return Math.min(number, most);
}
