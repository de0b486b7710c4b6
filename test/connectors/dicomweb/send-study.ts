import { readFileSync } from 'node:fs';
import {
  instanceOfBytes,
  type StoreAnswer,
  storeInstances,
} from '../../../connectors/dicomweb/client/index.ts';
import { type HttpClient, openHttpClient } from '../../../connectors/http/http-client.ts';
import { systemClock } from '../../../platform/clock.ts';
import { systemRandom } from '../../../platform/random.ts';

export function clientOf(url: string, token?: string): Promise<HttpClient> {
  return openHttpClient({
    url,
    connections: 4,
    ...(token === undefined ? {} : { auth: { kind: 'bearer', token: 'a token of the test' } }),
    ports: { clock: systemClock, random: systemRandom, keys: { secret: async () => token ?? '' } },
  });
}

/** Stores files, or whole objects, by our client in one request. */
export async function sendStudy(
  url: string,
  files: readonly (string | Uint8Array)[],
  options: { readonly token?: string; readonly studyInstanceUid?: string } = {},
): Promise<StoreAnswer> {
  const { token, ...study } = options;
  const client = await clientOf(url, token);
  try {
    const instances = files.map((file) =>
      instanceOfBytes(typeof file === 'string' ? readFileSync(file) : file),
    );
    const signal = new AbortController().signal;
    return await storeInstances(client, instances, { random: systemRandom, signal, ...study });
  } finally {
    await client.close();
  }
}
