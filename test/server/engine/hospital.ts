import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { api } from 'dicomweb-client';
import { loadConfig } from '../../../config/index.ts';
import { type Engine, type EngineOptions, startEngine } from '../../../server/compose.ts';
import { DemoHis } from '../../../server/demo/his.ts';
import { type RunningSandbox, startSandboxEhr } from '../../../server/sandbox-ehr/start.ts';

// The client has no transport of its own in Node; the package that lends it one has no types.
(globalThis as { XMLHttpRequest?: unknown }).XMLHttpRequest = createRequire(import.meta.url)('xhr2');

/** The whole engine with a sandbox EHR beside it, as a hospital would run it; every door is a real socket. */
export interface Hospital {
  readonly engine: Engine;
  readonly ehr: RunningSandbox;
  readonly folder: string;
  readonly dicomweb: string;
  /** Starts the engine anew on the same folder, after it was stopped. */
  readonly again: EngineOptions;
  his(): Promise<DemoHis>;
  /** What the EHR answers to a search: its resources. */
  search(query: string): Promise<readonly EhrResource[]>;
  close(): Promise<void>;
}

export interface EhrResource {
  readonly id: string;
  readonly resourceType: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly valueQuantity?: { readonly value: number };
  readonly result?: readonly { readonly reference: string }[];
  readonly identifier?: readonly { readonly system?: string; readonly value?: string }[];
  readonly basedOn?: readonly {
    readonly reference?: string;
    readonly identifier?: { readonly system: string; readonly value: string };
  }[];
  readonly imagingStudy?: readonly { readonly reference: string }[];
  readonly active?: boolean;
  readonly name?: readonly { readonly family?: string; readonly given?: readonly string[] }[];
}

export interface HospitalOptions {
  readonly quietMs?: number;
  readonly flags?: readonly string[];
  readonly channels?: Readonly<Record<string, string>>;
}

export async function startHospital(options: HospitalOptions = {}): Promise<Hospital> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-hospital-'));
  const ehr = await startSandboxEhr({ port: 0 });
  const flags = [...(options.flags ?? [])];
  if (options.channels) {
    for (const [name, text] of Object.entries(options.channels)) await writeFile(join(folder, name), text);
    flags.push('--channels-folder', folder);
  }
  const argv = [
    '--data',
    join(folder, 'data'),
    '--http-port',
    '0',
    '--hl7v2-port',
    '0',
    '--dimse-port',
    '0',
    '--ehr-fhir-url',
    ehr.url,
  ];
  const { config } = loadConfig({
    argv: [
      ...argv,
      '--log-level',
      'error',
      '--disk-free-bytes-min',
      '0',
      '--store-writer',
      'inline',
      ...flags,
    ],
    env: {},
    cwd: folder,
  });
  const environment = { STUDY_QUIET_MS: String(options.quietMs ?? 300) };
  const again = { config, environment };
  const engine = await startEngine(again);
  const door = (protocol: string) => engine.listening.find((one) => one.protocol === protocol)?.port ?? 0;
  return {
    engine,
    ehr,
    folder,
    again,
    dicomweb: `http://127.0.0.1:${door('http')}/dicomweb`,
    his: () => DemoHis.connect('127.0.0.1', door('mllp')),
    search: (query) => search(ehr.url, query),
    async close() {
      await engine.stop();
      await ehr.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A DICOMweb client that is not ours. */
export function dicomwebClient({ dicomweb, engine }: Hospital): api.DICOMwebClient {
  return new api.DICOMwebClient({
    url: dicomweb,
    singlepart: '',
    headers: { Authorization: `Bearer ${engine.token}` },
  });
}

async function search(url: string, query: string): Promise<readonly EhrResource[]> {
  const answer = await fetch(`${url}/${query}`);
  const { entry = [] } = (await answer.json()) as { entry?: { resource: EhrResource }[] };
  return entry.map(({ resource }) => resource);
}
