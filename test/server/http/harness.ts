import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../../config/index.ts';
import type { HttpSource } from '../../../connectors/http-source.ts';
import { messageId } from '../../../core/ids.ts';
import type { NewMessage } from '../../../core/message.ts';
import { type Store, silentLogger } from '../../../core/ports/index.ts';
import { createStoreAudit } from '../../../platform/audit/store-audit.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createPrometheusMetrics } from '../../../platform/observability/prometheus-metrics.ts';
import { systemRandom } from '../../../platform/random.ts';
import { createSystemKeys } from '../../../platform/security/system-keys.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../../server/http/index.ts';
import { MapDeployment } from '../../../server/mapping/map-deployment.ts';
import { MapStore } from '../../../server/mapping/map-store.ts';
import { MappingService } from '../../../server/mapping/mapping-service.ts';
import { siteOf } from '../../../server/mapping/site-map.ts';
import { StudyService } from '../../../server/studies/study-service.ts';

export const apiToken = 'test-token-of-forty-three-characters-0000000';

/** A source that answers with what it was sent, to see what stands in front of it. */
export const echoSource: HttpSource = {
  path: '/echo',
  register(app) {
    app.post('/echo/json', async (request) => ({ caller: request.caller?.subject, body: request.body }));
  },
  start: async () => ({ protocol: 'echo', host: '', port: 0, path: '/echo' }),
  stop: async () => {},
};

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly store: Store;
  readonly replays: number[];
  readonly backups: string[];
  readonly freeBytes: { value: number };
  get(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/** The real door on a real store, on a free port. */
export async function startServer(
  changes: {
    readonly argv?: readonly string[];
    readonly env?: { readonly [name: string]: string };
    readonly options?: (options: HttpServerOptions) => HttpServerOptions;
  } = {},
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-http-'));
  const { config } = loadConfig({
    argv: ['--http-port', '0', ...(changes.argv ?? [])],
    env: changes.env ?? {},
    cwd: folder,
  });
  const store = await openSqliteStore({
    folder,
    clock: systemClock,
    logger: silentLogger,
    writer: 'inline',
    diskFreeBytesMin: 0,
  });
  const replays: number[] = [];
  const backups: string[] = [];
  const freeBytes = { value: Number.MAX_SAFE_INTEGER };
  const base: HttpServerOptions = {
    ...fixed(config, changes.env ?? {}, folder),
    store,
    blobs: {
      async *stream() {
        yield Buffer.from('blob body');
      },
      freeBytes: async () => freeBytes.value,
      has: async () => true,
      pathOf: () => null,
    },
    random: systemRandom,
    frames: { read: async () => new Uint8Array(0) },
    audit: createStoreAudit(store),
    mapping: await mappingOf(config, store),
    replay: async (id) => messageId(replays.push(id) + 1000),
    studies: new StudyService({
      store,
      blobs: { put: () => Promise.reject(new TypeError('no body is large here')) },
      channels: () => ['imaging'],
      accept: async () => messageId(2001),
    }),
    backup: async (to) => ({ folder: to, throughMessageId: backups.push(to) }),
  };
  const server: HttpServer = await createHttpServer(changes.options ? changes.options(base) : base);
  const [listening] = await server.listen();
  const port = listening!.port;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    store,
    replays,
    backups,
    freeBytes,
    get: (path, init) =>
      fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${apiToken}`, ...init?.headers } }),
    async stop() {
      await server.stop(1000);
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The real one, with no channels to switch. */
async function mappingOf(config: Config, store: Store): Promise<MappingService> {
  const maps = await MapStore.open({ store, clock: systemClock, site: siteOf(config) });
  const read = async () => new Uint8Array();
  return new MappingService({ store, blobs: { read }, maps, deployment: new MapDeployment(maps) });
}

function fixed(config: Config, env: { readonly [name: string]: string }, folder: string) {
  return {
    config,
    version: '0.0.0',
    metrics: createPrometheusMetrics({ withProcess: false }),
    logger: silentLogger,
    clock: systemClock,
    keys: createSystemKeys({ env, cwd: folder }),
    token: apiToken,
    sources: [echoSource],
    status: async () => ({ version: '0.0.0' }),
  };
}

/** Sends raw pieces, and gives all that comes back until the other side closes. */
export function raw(port: number, pieces: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A reset after the answer is how a closed door looks to somebody who goes on talking.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    for (const piece of pieces) socket.write(piece);
  });
}

export const exampleMessage = (changes: Partial<NewMessage> = {}): NewMessage => ({
  kind: 'hl7v2',
  type: 'ADT^A04',
  sender: 'HIS|NORTH',
  contentType: 'x-application/hl7-v2+er7',
  body: { kind: 'inline', bytes: Buffer.from('MSH|^~\\&|HIS|NORTH\r') },
  searchKeys: [
    ['mrn', 'P-100'],
    ['control-id', 'C1'],
  ],
  channel: 'adt-orders',
  channelVersion: 1,
  receivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  keys: ['P-100'],
  ...changes,
});
