import { type HttpClient, type HttpClientOptions, openHttpClient } from './http-client.ts';

/** A client that is opened when it is first needed, for destinations: a secret that could not be read now may be there at the next attempt. */
export interface LazyHttpClient {
  /** Throws what opening throws; the next call tries again. */
  connect(): Promise<HttpClient>;
  close(): Promise<void>;
}

export function lazyHttpClient(options: HttpClientOptions): LazyHttpClient {
  let client: Promise<HttpClient> | undefined;
  return {
    connect() {
      client ??= openHttpClient(options).catch((error: unknown) => {
        client = undefined;
        throw error;
      });
      return client;
    },
    close: async () => {
      await (await client)?.close();
    },
  };
}
