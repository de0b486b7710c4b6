import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import type { Blobs, Clock } from '../../../core/ports/index.ts';
import type { StudyNotice } from '../../../core/study-query.ts';
import { parseStudyQuery } from '../../../core/study-query-schema.ts';
import { noticeArrival } from '../../dicom-objects/notice-arrival.ts';
import type { RemoteNode } from '../upper-layer/request-association.ts';
import { studyCount } from './study-count.ts';
import { studyPriors } from './study-priors.ts';

export interface QueryOptions {
  readonly node: RemoteNode;
  readonly clock: Clock;
  readonly answerMs: number;
  readonly blobs: Blobs;
  /** The destination's name: the sender of the notice. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Asks the archive what the delivery asks for; its answer is a notice. Throws what the associations throw. */
export async function answerStudyQuery(
  { body }: LeasedDelivery,
  options: QueryOptions,
): Promise<DeliveryOutcome> {
  const { blobs, name: sender } = options;
  const bytes = body.kind === 'inline' ? body.bytes : await blobs.read(body.hash);
  const query = parseStudyQuery(bytes);
  const { studyInstanceUid } = query;
  const notice: StudyNotice =
    query.ask === 'count'
      ? { notice: 'count', studyInstanceUid, count: await studyCount(studyInstanceUid, options) }
      : { notice: 'priors', studyInstanceUid, ...(await studyPriors(query, options)) };
  return { kind: 'delivered', answer: await noticeArrival(notice, { sender, blobs }) };
}
