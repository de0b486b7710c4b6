import type { HeldInstance } from './held-instance.ts';
import type { SearchLevel } from './search-query.ts';

/** DICOM JSON of one result: what the engine knows of its level and those above it (PS3.18 10.6.3). */
export type SearchResult = Readonly<
  Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>
>;

const attribute = (vr: string, ...values: readonly (string | number | undefined)[]) => {
  const present = values.filter((value) => value !== undefined && value !== '');
  return present.length === 0 ? { vr } : { vr, Value: present };
};

/** A result of its level; `all` are its instances, of which `first` is one. */
export function searchResult(
  level: SearchLevel,
  first: HeldInstance,
  all: readonly HeldInstance[],
  base: string,
): SearchResult {
  if (level === 'study') return studyResult(first, all, base);
  return level === 'series' ? seriesResult(first, all, base) : instanceResult(first, base);
}

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

export const studyUrl = (base: string, study: string): string =>
  `${base}/studies/${encodeURIComponent(study)}`;
export const seriesUrl = (base: string, { studyInstanceUid, seriesInstanceUid }: HeldInstance): string =>
  `${studyUrl(base, studyInstanceUid)}/series/${encodeURIComponent(seriesInstanceUid)}`;
export const instanceUrl = (base: string, instance: HeldInstance): string =>
  `${seriesUrl(base, instance)}/instances/${encodeURIComponent(instance.sopInstanceUid)}`;

function studyAttributes(instance: HeldInstance): SearchResult {
  const name = instance.patientName;
  return {
    '00080005': attribute('CS', 'ISO_IR 192'),
    '00080020': attribute('DA', instance.studyDate),
    '00080030': attribute('TM', instance.studyTime),
    '00080050': attribute('SH', instance.accessionNumber),
    '00080056': attribute('CS', 'ONLINE'),
    '00080201': attribute('SH', instance.timezoneOffset),
    '00081030': attribute('LO', instance.studyDescription),
    '00100010': name === undefined ? { vr: 'PN' } : { vr: 'PN', Value: [nameGroups(name)] },
    '00100020': attribute('LO', instance.patientId),
    '00100021': attribute('LO', instance.patientIdIssuer),
    '00100030': attribute('DA', instance.patientBirthDate),
    '00100040': attribute('CS', instance.patientSex),
    '0020000D': attribute('UI', instance.studyInstanceUid),
  };
}

/** PS3.18 F.2.2: the groups of a name. */
function nameGroups(name: string): Readonly<Record<string, string>> {
  const groups = name.split('=', 3);
  return Object.fromEntries(
    ['Alphabetic', 'Ideographic', 'Phonetic'].flatMap((group, at) =>
      groups[at] ? [[group, groups[at]]] : [],
    ),
  );
}

function studyResult(first: HeldInstance, instances: readonly HeldInstance[], base: string): SearchResult {
  return inTagOrder({
    ...studyAttributes(first),
    '00080061': attribute('CS', ...distinct(instances.map(({ modality }) => modality))),
    '00081190': attribute('UR', studyUrl(base, first.studyInstanceUid)),
    '00201206': attribute('IS', distinct(instances.map(({ seriesInstanceUid }) => seriesInstanceUid)).length),
    '00201208': attribute('IS', instances.length),
  });
}

function seriesAttributes(first: HeldInstance): SearchResult {
  return {
    ...studyAttributes(first),
    '00080060': attribute('CS', first.modality),
    '0008103E': attribute('LO', first.seriesDescription),
    '00180015': attribute('CS', first.bodyPart),
    '0020000E': attribute('UI', first.seriesInstanceUid),
    '00200011': attribute('IS', first.seriesNumber),
  };
}

function seriesResult(first: HeldInstance, instances: readonly HeldInstance[], base: string): SearchResult {
  return inTagOrder({
    ...seriesAttributes(first),
    '00081190': attribute('UR', seriesUrl(base, first)),
    '00201209': attribute('IS', instances.length),
  });
}

function instanceResult(instance: HeldInstance, base: string): SearchResult {
  return inTagOrder({
    ...seriesAttributes(instance),
    '00080016': attribute('UI', instance.sopClassUid),
    '00080018': attribute('UI', instance.sopInstanceUid),
    '00081190': attribute('UR', instanceUrl(base, instance)),
    '00083002': attribute('UI', instance.transferSyntaxUid),
    '00200013': attribute('IS', instance.instanceNumber),
    '00280008': attribute('IS', instance.frames),
    '00280010': attribute('US', instance.rows),
    '00280011': attribute('US', instance.columns),
  });
}

/**
 * PS3.18 F.2.2. A tag that begins with no zero is no array index and stays where it is put; all of ours begin with one, so an object keeps
 * them in this order.
 */
const inTagOrder = (result: SearchResult): SearchResult =>
  Object.fromEntries(Object.entries(result).sort(([a], [b]) => (a < b ? -1 : 1)));
