import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import { BitHiveError, toBitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Blobs, Destination } from '../../../core/ports/index.ts';
import type { StudyInstance } from '../../../core/study.ts';
import type { PriorStudy, StudyNotice, StudyQuery } from '../../../core/study-query.ts';
import { parseStudyQuery } from '../../../core/study-query-schema.ts';
import { keepObject } from '../../dicom-objects/keep-object.ts';
import { noticeArrival } from '../../dicom-objects/notice-arrival.ts';
import { isOfPatient, ofAnotherPatient } from '../../dicom-objects/prior-patient.ts';
import { baseUrl } from '../../http/base-url.ts';
import { ExchangeFailed } from '../../http/exchange.ts';
import type { HttpClient, HttpClientOptions } from '../../http/http-client.ts';
import { lazyHttpClient } from '../../http/lazy-client.ts';
import { textAt } from './dicom-json-reader.ts';
import { type FoundStudy, priorStudies } from './prior-studies.ts';
import { retrieve } from './retrieve.ts';
import { search } from './search.ts';

export interface ArchiveDestinationOptions extends Omit<HttpClientOptions, 'connections'> {
  /** Name of the destination: the sender of its answers. */
  readonly name: string;
  /** Questions under way at most. Default 2. */
  readonly concurrency?: number;
  readonly blobs: Blobs;
}

/**
 * A DICOMweb archive that is asked about studies: each `StudyQuery` is answered with a notice. `count` by Number of Study Related Instances
 * (0020,1208), or by counting where the archive does not give it; `priors` by a search and the retrieval of what it finds into
 * the blob store. Asking changes nothing in the archive, so whatever happened is tried again.
 */
export function createArchiveDestination(options: ArchiveDestinationOptions): Destination {
  const target = baseUrl(options.url);
  const connections = options.concurrency ?? 2;
  const client = lazyHttpClient({ ...options, connections });
  return {
    kind: 'dicomweb-archive',
    target,
    concurrency: connections,
    async send(delivery, signal) {
      try {
        return await answer(await client.connect(), options, queryOf(delivery), signal);
      } catch (error) {
        return outcomeOfError(error);
      }
    },
    close: () => client.close(),
  };
}

function queryOf({ body }: LeasedDelivery): StudyQuery {
  if (body.kind !== 'inline') throw new BitHiveError('BH_DELIVERY_REFUSED', 'the study query is not inline');
  return parseStudyQuery(body.bytes);
}

async function answer(
  client: HttpClient,
  { name, blobs, ports }: ArchiveDestinationOptions,
  query: StudyQuery,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const notice =
    query.ask === 'count'
      ? await countOf(client, query.studyInstanceUid, signal)
      : await priorsOf(client, blobs, query, ports.clock.nowMs(), signal);
  return { kind: 'delivered', answer: await noticeArrival(notice, { sender: name, blobs }) };
}

async function countOf(
  client: HttpClient,
  studyInstanceUid: string,
  signal: AbortSignal,
): Promise<StudyNotice> {
  const query = { StudyInstanceUID: studyInstanceUid, includefield: '00201208' };
  let count: number | undefined;
  let isThere = false;
  for await (const study of search(client, { path: '/studies', query, pageSize: 1, resultsMax: 1, signal })) {
    if (textAt(study, '0020000D') !== studyInstanceUid) continue;
    isThere = true;
    const told = Number(textAt(study, '00201208'));
    if (Number.isSafeInteger(told) && told >= 0) count = told;
  }
  if (isThere) count ??= await countedOf(client, studyInstanceUid, signal);
  return { notice: 'count', studyInstanceUid, count: count ?? 0 };
}

async function countedOf(client: HttpClient, studyInstanceUid: string, signal: AbortSignal): Promise<number> {
  const uids = new Set<string>();
  const path = `/studies/${encodeURIComponent(studyInstanceUid)}/instances`;
  const resultsMax = limits.studyInstancesMax;
  for await (const instance of search(client, { path, query: {}, pageSize: 1_000, resultsMax, signal })) {
    uids.add(textAt(instance, '00080018') ?? '');
  }
  return uids.size;
}

type PriorsQuery = StudyQuery & { readonly ask: 'priors' };

async function priorsOf(
  client: HttpClient,
  blobs: Blobs,
  query: PriorsQuery,
  receivedAtMs: number,
  signal: AbortSignal,
): Promise<StudyNotice> {
  const { studyInstanceUid } = query;
  // A wildcard of PS3.4 C.2.2.2.4 in the id would ask for other patients.
  if (/[*?\\]/.test(query.patientId)) {
    const missing = 'the patient id holds a wildcard, so the archive cannot be asked for it';
    return { notice: 'priors', studyInstanceUid, studies: [], missing };
  }
  const studies: PriorStudy[] = [];
  const missing: string[] = [];
  for (const found of await priorStudies(client, query, signal)) {
    const { instances, refused } = await instancesOf(client, blobs, found, query, receivedAtMs, signal);
    if (instances.length > 0) studies.push({ ...found, instances });
    if (refused !== undefined) missing.push(`${found.studyInstanceUid}: ${refused}`);
  }
  return {
    notice: 'priors',
    studyInstanceUid,
    studies,
    ...(missing.length === 0 ? {} : { missing: missing.join('; ').slice(0, 1_000) }),
  };
}

interface Retrieved {
  readonly instances: readonly StudyInstance[];
  /** Why something of the study is not among them. */
  readonly refused?: string;
}

/** Retrieves a study. What the archive refuses for good, or sends of another study or patient, is left out with the reason. */
async function instancesOf(
  client: HttpClient,
  blobs: Blobs,
  { studyInstanceUid }: FoundStudy,
  query: PriorsQuery,
  receivedAtMs: number,
  signal: AbortSignal,
): Promise<Retrieved> {
  const instances = new Map<string, StudyInstance>();
  let refused: string | undefined;
  try {
    const path = `/studies/${encodeURIComponent(studyInstanceUid)}`;
    for await (const body of retrieve(client, path, signal)) {
      const kept = await keepObject(body, blobs).catch((error: unknown) => {
        if (!(error instanceof BitHiveError) || !error.code.startsWith('BH_DICOM_')) throw error;
        return error;
      });
      if (kept instanceof BitHiveError) {
        refused = `${kept.code} ${kept.detail}`;
      } else if (kept.facts.studyInstanceUid !== studyInstanceUid || !isOfPatient(kept.facts, query)) {
        refused = ofAnotherPatient;
      } else {
        const { facts, hash: blob, bytesCount } = kept;
        instances.set(facts.sopInstanceUid, { ...facts, blob, bytesCount, receivedAtMs });
      }
    }
  } catch (error) {
    if (!(error instanceof BitHiveError) || error.code !== 'BH_DELIVERY_REFUSED') throw error;
    refused = error.detail;
  }
  return { instances: [...instances.values()], ...(refused === undefined ? {} : { refused }) };
}

function outcomeOfError(error: unknown): DeliveryOutcome {
  if (error instanceof ExchangeFailed)
    return { kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE', detail: error.reason } };
  const { code, detail } = toBitHiveError(error);
  if (code === 'BH_INTERNAL') throw error;
  return { kind: code === 'BH_DELIVERY_REFUSED' ? 'dead' : 'retry', error: { code, detail } };
}
