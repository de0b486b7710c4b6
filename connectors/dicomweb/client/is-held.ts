import { z } from 'zod';
import { limits } from '../../../core/limits.ts';
import type { HttpClient } from '../../http/http-client.ts';

const found = z.array(z.object({ '00080018': z.object({ Value: z.array(z.string()) }) }));

/**
 * Whether a search (QIDO-RS, PS3.18 10.6) finds the instance in the archive. False as well where the archive does not search: only what is
 * found is proven. Throws what `HttpClient` throws.
 */
export async function isHeld(
  client: HttpClient,
  instance: { readonly sopInstanceUid: string; readonly studyInstanceUid?: string },
  signal: AbortSignal,
): Promise<boolean> {
  const { sopInstanceUid, studyInstanceUid } = instance;
  const place = studyInstanceUid === undefined ? '' : `/studies/${encodeURIComponent(studyInstanceUid)}`;
  const answer = await client.exchange(
    {
      method: 'GET',
      path: `${place}/instances?${new URLSearchParams({ SOPInstanceUID: sopInstanceUid, limit: '1' })}`,
      headers: { accept: 'application/dicom+json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(limits.httpRequestMs)]),
    },
    limits.deliveryAnswerBytesMax,
  );
  if (answer.status !== 200) return false;
  const parsed = found.safeParse(jsonIn(answer.body));
  return parsed.data?.some((entry) => entry['00080018'].Value[0] === sopInstanceUid) ?? false;
}

function jsonIn(body: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(body ?? []).toString('utf8'));
  } catch {
    // A page under 200 finds nothing.
    return null;
  }
}
