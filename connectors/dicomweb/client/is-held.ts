import type { HttpClient } from '../../http/http-client.ts';
import { textAt } from './dicom-json-reader.ts';
import { search } from './search.ts';

/**
 * Whether a search finds the instance in the archive. Throws what `search` throws.
 */
export async function isHeld(
  client: HttpClient,
  instance: { readonly sopInstanceUid: string; readonly studyInstanceUid?: string },
  signal: AbortSignal,
): Promise<boolean> {
  const { sopInstanceUid, studyInstanceUid } = instance;
  const place = studyInstanceUid === undefined ? '' : `/studies/${encodeURIComponent(studyInstanceUid)}`;
  const request = {
    path: `${place}/instances`,
    query: { SOPInstanceUID: sopInstanceUid },
    pageSize: 1,
    resultsMax: 1,
    signal,
  };
  for await (const found of search(client, request)) {
    if (textAt(found, '00080018') === sopInstanceUid) return true;
  }
  return false;
}
