import { limits } from '../../../core/limits.ts';
import type { StudyQuery } from '../../../core/study-query.ts';
import { isOfPatient } from '../../dicom-objects/prior-patient.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { type DicomJsonDataset, textAt, textsAt } from './dicom-json-reader.ts';
import { search } from './search.ts';

export interface FoundStudy {
  readonly studyInstanceUid: string;
  readonly studyDate?: string;
}

type PriorsQuery = StudyQuery & { readonly ask: 'priors' };

/** Date and time of a study, Modalities in Study, Patient ID and its issuer: what the choice looks at. */
const fields = '00080020,00080030,00080061,00100020,00100021';
const patientStudiesMax = 1_000;

/**
 * The studies of the patient that the query asks for, the newest first. What the archive answers is held against the query again: archives
 * leave out match keys that they do not know, and an answer for another patient must never pass for a prior.
 */
export async function priorStudies(
  client: HttpClient,
  query: PriorsQuery,
  signal: AbortSignal,
): Promise<readonly FoundStudy[]> {
  const found = new Map<string, { dataset: DicomJsonDataset; order: string }>();
  for (const modality of query.modalities.length === 0 ? [undefined] : query.modalities) {
    const request = {
      path: '/studies',
      query: keysOf(query, modality),
      pageSize: 100,
      resultsMax: patientStudiesMax,
      signal,
    };
    for await (const dataset of search(client, request)) {
      const uid = textAt(dataset, '0020000D');
      if (uid === undefined || !isPrior(dataset, query)) continue;
      const order = `${textAt(dataset, '00080020') ?? ''}${textAt(dataset, '00080030') ?? ''}`;
      found.set(uid, { dataset, order });
    }
  }
  return [...found]
    .sort(([, a], [, b]) => (a.order < b.order ? 1 : -1))
    .slice(0, Math.min(query.studiesMax, limits.priorStudiesMax))
    .map(([studyInstanceUid, { dataset }]) => {
      const studyDate = textAt(dataset, '00080020');
      return { studyInstanceUid, ...(studyDate === undefined ? {} : { studyDate }) };
    });
}

function keysOf(query: PriorsQuery, modality: string | undefined): Record<string, string> {
  return {
    PatientID: query.patientId,
    // A range of DICOM includes its ends (PS3.4 C.2.2.2.5): the day itself is taken out below.
    ...(query.before === undefined ? {} : { StudyDate: `-${query.before}` }),
    ...(modality === undefined ? {} : { ModalitiesInStudy: modality }),
    includefield: fields,
  };
}

/** What the archive leaves out of its answer cannot be held against it, but for the patient and the date. */
function isPrior(dataset: DicomJsonDataset, query: PriorsQuery): boolean {
  const patient = { patientId: textAt(dataset, '00100020'), patientIdIssuer: textAt(dataset, '00100021') };
  const date = textAt(dataset, '00080020');
  const modalities = textsAt(dataset, '00080061');
  return (
    textAt(dataset, '0020000D') !== query.studyInstanceUid &&
    isOfPatient(patient, query) &&
    (query.before === undefined || (date !== undefined && date < query.before)) &&
    (query.modalities.length === 0 ||
      modalities.length === 0 ||
      modalities.some((modality) => query.modalities.includes(modality)))
  );
}
