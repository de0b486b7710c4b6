import type { AddressInfo } from 'node:net';
import { createSandboxApp } from './http.ts';
import { SandboxEhr } from './sandbox-ehr.ts';
import { openWriteJournal } from './write-journal.ts';

export interface RunningSandbox {
  /** FHIR base: `http://127.0.0.1:port/fhir`. */
  readonly url: string;
  readonly port: number;
  readonly ehr: SandboxEhr;
  close(): Promise<void>;
}

/** Starts a sandbox EHR on loopback; it has no credentials and is never offered to a network. Port 0 takes a free one. */
export async function startSandboxEhr(options: { port: number; journal?: string }): Promise<RunningSandbox> {
  const journal = options.journal === undefined ? undefined : openWriteJournal(options.journal);
  const ehr = new SandboxEhr((write, request) => journal?.add(write, request));
  const app = createSandboxApp(ehr);
  await app.listen({ host: '127.0.0.1', port: options.port });
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/fhir`,
    port,
    ehr,
    close: async () => {
      await app.close();
      journal?.close();
    },
  };
}
