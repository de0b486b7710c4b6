import { BitHiveError } from '../../../core/errors.ts';
import { messageId } from '../../../core/ids.ts';
import { limits } from '../../../core/limits.ts';
import type { Arrival } from '../../../core/message.ts';
import { silentLogger } from '../../../core/ports/index.ts';
import type { PriorStudy, StudyQuery } from '../../../core/study-query.ts';
import { instanceSchema } from '../../../core/study-schema.ts';
import { type DicomDataset, datasetOf, tagOf, tags } from '../../../formats/dicom/index.ts';
import { Intake } from '../../dicom-objects/intake.ts';
import { isOfPatient, ofAnotherPatient } from '../../dicom-objects/prior-patient.ts';
import { cStore } from '../scp/c-store.ts';
import { storageRoles } from '../scu/proposals.ts';
import { get } from '../scu/retrieve.ts';
import { studyRoot } from '../sop-classes.ts';
import type { Association } from '../upper-layer/association.ts';
import { requestAssociation } from '../upper-layer/request-association.ts';
import { retrievalContexts, retrievedSopClasses } from './retrieval-contexts.ts';
import { matchesOf } from './study-count.ts';
import type { QueryOptions } from './study-query-answer.ts';

type PriorsQuery = StudyQuery & { readonly ask: 'priors' };

/**
 * Earlier studies of the patient, newest first, their objects fetched into the blob store by C-GET. C-MOVE is not used: what it brings
 * arrives at our own door like any other study, and would be read by models as one.
 */
export async function studyPriors(
  query: PriorsQuery,
  options: QueryOptions,
): Promise<{ readonly studies: readonly PriorStudy[]; readonly missing?: string }> {
  const { node, clock, answerMs, signal } = options;
  const association = await requestAssociation(node, {
    clock,
    answerMs,
    signal,
    contexts: retrievalContexts,
    roles: storageRoles(retrievedSopClasses),
  });
  try {
    const studies: PriorStudy[] = [];
    const missing: string[] = [];
    for (const found of await priorsOf(query, association, answerMs)) {
      const { study, lacks } = await fetched(found, query, association, options);
      studies.push(study);
      if (lacks !== null) missing.push(`${study.studyInstanceUid}: ${lacks}`);
    }
    return { studies, ...(missing.length === 0 ? {} : { missing: missing.join('; ').slice(0, 1_000) }) };
  } finally {
    await association.release(answerMs);
  }
}

interface FoundStudy {
  readonly studyInstanceUid: string;
  readonly studyDate: string;
}

async function priorsOf(
  query: PriorsQuery,
  association: Association,
  answerMs: number,
): Promise<readonly FoundStudy[]> {
  const { patientId, modalities, before, studyInstanceUid, studiesMax } = query;
  const matches = await matchesOf(
    association,
    {
      QueryRetrieveLevel: 'STUDY',
      PatientID: patientId,
      // Asked for and not matched on: an archive that keeps no issuers would find nothing.
      IssuerOfPatientID: null,
      StudyDate: before === undefined ? null : `-${before}`,
      ModalitiesInStudy: modalities.length === 0 ? null : modalities,
      StudyInstanceUID: null,
    },
    answerMs,
  );
  return (
    matches
      .filter((match) => {
        // An archive that leaves the id out of its answer has matched on it; its objects are judged again.
        const found = match.text(tags.patientId) ?? patientId;
        return isOfPatient({ patientId: found, patientIdIssuer: match.text(tags.issuerOfPatientId) }, query);
      })
      .map((match) => ({
        studyInstanceUid: match.text(tags.studyInstanceUid) ?? '',
        studyDate: match.text(tags.studyDate) ?? '',
        modalities: modalitiesOf(match),
      }))
      .filter(({ studyInstanceUid: uid, studyDate }) => {
        const isEarlier = before === undefined || studyDate < before;
        return uid !== '' && uid !== studyInstanceUid && isEarlier;
      })
      // An archive that does not match on modalities gives all; one that does not return them has matched.
      .filter((match) => isAnyOf(match.modalities, modalities))
      .sort((a, b) => b.studyDate.localeCompare(a.studyDate))
      .slice(0, studiesMax)
  );
}

const isAnyOf = (found: readonly string[], wanted: readonly string[]): boolean =>
  wanted.length === 0 || found.length === 0 || found.some((one) => wanted.includes(one));

function modalitiesOf(match: DicomDataset): readonly string[] {
  const tag = tagOf('ModalitiesInStudy');
  return tag === undefined ? [] : match.texts(tag).filter((one) => one !== '');
}

async function fetched(
  { studyInstanceUid, studyDate }: FoundStudy,
  query: PriorsQuery,
  association: Association,
  { blobs, clock, answerMs, name }: QueryOptions,
): Promise<{ readonly study: PriorStudy; readonly lacks: string | null }> {
  const arrivals: Arrival[] = [];
  const intake = new Intake({
    protocol: 'dimse',
    blobs,
    logger: silentLogger,
    sender: name,
    objectBytesMax: limits.dimseObjectBytesMax,
    // Nothing is accepted here: the notice that names the blobs is.
    accept: async (arrival) => {
      if (arrival.refusal === undefined) arrivals.push(arrival);
      const id = messageId(1);
      return arrival.refusal === undefined
        ? { kind: 'accepted', id, duplicate: false }
        : { kind: 'refused', id, duplicate: false, error: arrival.refusal };
    },
  });
  const stored = cStore({ intake, ended: () => {}, broken: () => {} });
  const identifier = datasetOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: studyInstanceUid });
  let lacks: string | null = null;
  try {
    const { failed } = await get(association, { sopClassUid: studyRoot.get, identifier, answerMs }, stored);
    if (failed > 0) lacks = `${failed} instances did not come`;
  } catch (error) {
    // What one study lacks is told; what ends the association ends the attempt.
    if (!(error instanceof BitHiveError) || association.hasEnded) throw error;
    lacks = error.detail;
  }
  const sent = arrivals.map(({ facts }) => instanceSchema.parse({ ...facts, receivedAtMs: clock.nowMs() }));
  const instances = sent.filter(
    (one) => one.studyInstanceUid === studyInstanceUid && isOfPatient(one, query),
  );
  if (instances.length < sent.length) lacks = ofAnotherPatient;
  const study = { studyInstanceUid, instances, ...(studyDate === '' ? {} : { studyDate }) };
  return { study, lacks };
}
