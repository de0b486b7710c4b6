import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Accept } from '../../../core/ports/index.ts';
import { textOf, type UnknownObject } from '../../../formats/fhir/index.ts';
import { type Gathered, gather } from './gather.ts';
import { lastUpdatedOf, pageOf } from './page.ts';
import { changedArrival } from './poll-arrival.ts';
import type { PollClient } from './poll-client.ts';
import type { FhirPollOptions } from './poll-options.ts';
import type { RecentChanges } from './recent-changes.ts';

export interface Round {
  readonly client: PollClient;
  readonly options: FhirPollOptions;
  readonly type: string;
  /** Changes from here on are asked for. */
  readonly from: string;
  readonly recent: RecentChanges;
  readonly accept: Accept;
  readonly signal: AbortSignal;
}

/**
 * Asks for everything that changed since `from`, page by page, and hands each change over. A change carries the cursor only while the server
 * gives them in their order; the last one of a whole round always does. A round that ends early is asked again from the old cursor: what was handed
 * over is known by its version.
 *
 * @returns how far the round came: the newest change
 * @throws BH_DELIVERY_*; BH_STORE_* when a change could not be made durable
 */
export async function pollRound(round: Round): Promise<string | undefined> {
  const { client, options, type, from, recent, accept, signal } = round;
  const known: Gathered = new Map();
  let newest: string | undefined;
  let isInOrder = true;
  let waiting: UnknownObject | undefined;
  const hand = async (focus: UnknownObject, cursor: string | undefined): Promise<void> => {
    if (recent.has(focus)) return;
    if (known.size > limits.fhirPollReferencesMax) known.clear();
    const around = await gather(client, focus, options.followDepth, known, signal);
    await accept(await changedArrival(client.base, options.ports.blobs, focus, around, cursor));
    recent.add(focus);
  };
  let url: string | undefined = firstPage(options, type, from);
  for (let pages = 0; url !== undefined; pages++) {
    if (pages >= limits.fhirPollPagesMax) break;
    const read = await client.read(url, signal);
    if (read === undefined || textOf(read.resource, 'resourceType') !== 'Bundle')
      throw new BitHiveError('BH_DELIVERY_REFUSED', `the FHIR server does not search ${type}`);
    const page = pageOf(read.resource, type);
    for (const [name, resource] of page.included) known.set(name, resource);
    // The whole page first: a cursor given too early would leave out what comes behind it.
    isInOrder &&= areInOrder([
      ...(newest === undefined ? [] : [newest]),
      ...page.matches.map((one) => lastUpdatedOf(one) ?? from),
    ]);
    for (const match of page.matches) {
      if (waiting !== undefined) await hand(waiting, isInOrder ? newest : undefined);
      const moment = lastUpdatedOf(match) ?? from;
      if (newest === undefined || isBefore(newest, moment)) newest = moment;
      waiting = match;
    }
    url = page.next;
  }
  const isWhole = url === undefined;
  if (!isWhole && !isInOrder)
    throw new BitHiveError(
      'BH_DELIVERY_REFUSED',
      `the FHIR server gives ${type} in no order, and more than can be read at once`,
    );
  if (waiting !== undefined) await hand(waiting, isWhole || isInOrder ? newest : undefined);
  return isWhole || isInOrder ? newest : undefined;
}

function firstPage({ pageSize, overlapMs, query }: FhirPollOptions, type: string, from: string): string {
  const fromMs = Date.parse(from);
  const moment = Number.isNaN(fromMs) ? from : new Date(fromMs - overlapMs).toISOString();
  const search = new URLSearchParams(query ?? '');
  search.set('_lastUpdated', `ge${moment}`);
  search.set('_sort', '_lastUpdated');
  search.set('_count', String(pageSize));
  return `${type}?${search.toString()}`;
}

const areInOrder = (moments: readonly string[]): boolean =>
  moments.every((moment, index) => index === 0 || !isBefore(moment, moments[index - 1] as string));

const isBefore = (one: string, other: string): boolean => Date.parse(one) < Date.parse(other);
