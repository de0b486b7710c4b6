import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlone } from './alone.ts';
import { dicomWebPlugin, orthancProgram } from './components.ts';
import type { Peer } from './dcmtk.ts';
import { endWithUs } from './end-with-us.ts';
import { freePort } from './ports.ts';

export interface OrthancOptions {
  /** Functions that Orthanc calls (`OnStoredInstance` ...). They may name modalities that are added later. */
  readonly lua?: string;
  /** A study that has been still so long is called stable. Default: 1. */
  readonly stableAgeSeconds?: number;
  /** Whether Nagle's algorithm is off on its DICOM sockets. Default: true. */
  readonly noDelay?: boolean;
}

const startMsMax = 60_000;
const lookEveryMs = 50;

/** An archive with DICOMweb in a temporary folder, under a password that nobody else knows. */
export class Orthanc implements Peer {
  readonly aet = 'ORTHANC';
  readonly user = 'test';
  readonly port: number;
  readonly url: string;
  readonly password: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(
    folder: string,
    process: ChildProcess,
    door: { port: number; url: string; password: string },
  ) {
    this.#folder = folder;
    this.#process = process;
    this.port = door.port;
    this.url = door.url;
    this.password = door.password;
  }

  static async start(options: OrthancOptions = {}): Promise<Orthanc> {
    if (!isAlone())
      throw new TypeError('Orthanc listens on all interfaces: it is started only where there are none');
    const folder = mkdtempSync(join(tmpdir(), 'bithive-orthanc-'));
    const [port, httpPort] = [await freePort(), await freePort()];
    const password = randomBytes(16).toString('hex');
    const luaFile = join(folder, 'script.lua');
    if (options.lua !== undefined) writeFileSync(luaFile, options.lua);
    const configuration = {
      Name: 'test',
      HttpPort: httpPort,
      DicomPort: port,
      DicomAet: 'ORTHANC',
      DicomCheckCalledAet: false,
      DicomAlwaysAllowStore: true,
      UnknownSopClassAccepted: true,
      StorageDirectory: join(folder, 'storage'),
      IndexDirectory: join(folder, 'storage'),
      Plugins: [dicomWebPlugin],
      DicomWeb: { Enable: true, Root: '/dicom-web/' },
      RemoteAccessAllowed: true,
      AuthenticationEnabled: true,
      RegisteredUsers: { test: password },
      StableAge: options.stableAgeSeconds ?? 1,
      LuaScripts: options.lua === undefined ? [] : [luaFile],
      OverwriteInstances: false,
    };
    const file = join(folder, 'orthanc.json');
    writeFileSync(file, JSON.stringify(configuration), { mode: 0o600 });
    const child = spawn(orthancProgram, [file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, TCP_NODELAY: options.noDelay === false ? '0' : '1' },
    });
    endWithUs(child);
    const orthanc = new Orthanc(folder, child, { port, url: `http://127.0.0.1:${httpPort}`, password });
    await orthanc.#untilReady();
    return orthanc;
  }

  /** Its own process, for those who measure it. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get dicomWeb(): string {
    return `${this.url}/dicom-web`;
  }

  get authorization(): string {
    return `Basic ${Buffer.from(`${this.user}:${this.password}`).toString('base64')}`;
  }

  /** Names a node that Orthanc may send to by C-STORE. */
  async addModality(name: string, { aet, port }: Peer): Promise<void> {
    const node = { AET: aet, Host: '127.0.0.1', Port: port, AllowStorageCommitment: true };
    await this.request('PUT', `/modalities/${name}`, node);
  }

  /** Names a server that Orthanc may send to by STOW-RS. */
  async addDicomWebServer(name: string, url: string, token: string): Promise<void> {
    const server = { Url: url, HttpHeaders: { Authorization: `Bearer ${token}` } };
    await this.request('PUT', `/dicom-web/servers/${name}`, server);
  }

  /** A STOW-RS job of Orthanc's own: resolves when it has ended, and throws when it failed. */
  async stow(server: string, resources: readonly string[]): Promise<void> {
    await this.request('POST', `/dicom-web/servers/${server}/stow`, {
      Resources: resources,
      Synchronous: true,
    });
  }

  /** Sends a resource to a node by C-STORE; throws when that failed. */
  async storeTo(modality: string, resource: string): Promise<void> {
    await this.request('POST', `/modalities/${modality}/store`, { Resources: [resource], Synchronous: true });
  }

  async store(bytes: Uint8Array): Promise<string> {
    const answer = await this.#fetch('POST', '/instances', bytes, 'application/dicom');
    return ((await answer.json()) as { ID: string }).ID;
  }

  /** Orthanc's names of the resources that a query finds (`{ Modality: 'SR' }`). */
  find(
    level: 'Study' | 'Series' | 'Instance',
    query: Readonly<Record<string, string>>,
  ): Promise<readonly string[]> {
    return this.request('POST', '/tools/find', { Level: level, Query: query });
  }

  /** The file as it is stored. */
  async file(instance: string): Promise<Buffer> {
    const answer = await this.#fetch('GET', `/instances/${instance}/file`);
    return Buffer.from(await answer.arrayBuffer());
  }

  async instanceCount(): Promise<number> {
    const { CountInstances } = await this.request<{ CountInstances: number }>('GET', '/statistics');
    return CountInstances;
  }

  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answer = await this.#fetch(method, path, bytes, 'application/json');
    const text = await answer.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = new Promise((resolve) => this.#process.once('exit', resolve));
      // What it holds is thrown away: its slow goodbye is not waited for.
      this.#process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #fetch(method: string, path: string, body?: Uint8Array, contentType?: string): Promise<Response> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: this.authorization,
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    if (answer.ok) return answer;
    throw new TypeError(`Orthanc, ${method} ${path}: ${answer.status} ${await answer.text()}`);
  }

  async #untilReady(): Promise<void> {
    let log = '';
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString('utf8')).slice(-20_000);
    });
    const endMs = performance.now() + startMsMax;
    while (!log.includes('Orthanc has started')) {
      if (this.#process.exitCode !== null || performance.now() > endMs) {
        await this.stop();
        throw new TypeError(`Orthanc did not start\n${log}`);
      }
      await new Promise((next) => setTimeout(next, lookEveryMs));
    }
  }
}
