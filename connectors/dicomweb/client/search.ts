import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { archiveFault } from './archive-fault.ts';
import { type DicomJsonDataset, datasets } from './dicom-json-reader.ts';

export interface SearchRequest {
  /** `/studies`, `/studies/{uid}/instances` ... */
  readonly path: string;
  /** Match keys and `includefield`, by keyword or tag. */
  readonly query: Readonly<Record<string, string>>;
  /** Results on a page; archives give fewer where they have a limit of their own. */
  readonly pageSize: number;
  /** Results after which the search ends. */
  readonly resultsMax: number;
  readonly signal: AbortSignal;
}

/**
 * A search (QIDO-RS, PS3.18 10.6), page by page. It ends with a page that is empty, or shorter than asked for without a word that there is more
 * (`Warning: 299`, 8.3.4.4), or the same as the one before: an archive that does not page would be asked for ever.
 *
 * Throws BH_DELIVERY_BUSY, BH_DELIVERY_REFUSED, and what `HttpClient` throws.
 */
export async function* search(
  client: HttpClient,
  { path, query, pageSize, resultsMax, signal }: SearchRequest,
): AsyncGenerator<DicomJsonDataset, void, undefined> {
  let offset = 0;
  let before = '';
  while (offset < resultsMax) {
    const limit = Math.min(pageSize, resultsMax - offset);
    const asked = new URLSearchParams({ ...query, limit: String(limit) });
    if (offset > 0) asked.set('offset', String(offset));
    const answer = await client.exchange(
      {
        method: 'GET',
        path: `${path}?${asked}`,
        headers: { accept: 'application/dicom+json' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(limits.dicomwebAnswerMs)]),
      },
      limits.dicomwebSearchBytesMax,
    );
    if (answer.status === 204) return;
    if (answer.status !== 200) throw archiveFault(answer.status, `search of ${path}`);
    const page = pageIn(answer.body);
    const first = JSON.stringify(page[0]);
    if (page.length === 0 || first === before) return;
    yield* page.slice(0, resultsMax - offset);
    before = first;
    offset += page.length;
    const hasMore = page.length === limit || answer.headers.get('warning')?.startsWith('299') === true;
    if (!hasMore) return;
  }
}

function pageIn(body: Uint8Array | undefined): readonly DicomJsonDataset[] {
  if (body === undefined)
    throw new BitHiveError('BH_DELIVERY_REFUSED', 'a page of the search is over the limit');
  const parsed = datasets.safeParse(jsonIn(body));
  if (parsed.success) return parsed.data;
  throw new BitHiveError('BH_DELIVERY_REFUSED', 'the answer to the search is not DICOM JSON');
}

function jsonIn(body: Uint8Array): unknown {
  // Some archives answer an empty search with 200 and no body.
  if (body.byteLength === 0) return [];
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    // A proxy's page: the caller says what was expected.
    return null;
  }
}
