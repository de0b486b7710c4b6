import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect as connectTls } from 'node:tls';
import { Agent, request } from 'undici';
import type { Environment } from '../../config/index.ts';
import { catalogue } from '../../core/error-catalogue.ts';
import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { readTokenFile } from '../../platform/security/token-file.ts';
import { type EngineFile, readEngineFile } from './engine-file.ts';

/** The API of the engine that owns a data folder. */
export interface EngineClient {
  readonly engine: EngineFile;
  /** @throws the engine's own refusal, BH_CLI_ENGINE when it does not answer */
  get(path: string): Promise<Json>;
  post(path: string, body: Json): Promise<Json>;
  bytes(path: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Reaches the engine of the data folder; null when none runs on it.
 *
 * @param env for the key of a client certificate that is given as `env:NAME`
 */
export async function connectEngine(data: string, env: Environment): Promise<EngineClient | null> {
  const engine = await readEngineFile(data);
  if (!engine) return null;
  const agent = await agentFor(engine, env);
  if (!(await answers(engine, agent))) {
    await agent.close();
    return null;
  }
  const token = await readTokenFile(engine.tokenFile);

  async function ask(method: 'GET' | 'POST', path: string, body?: Json): Promise<Uint8Array> {
    const answer = await request(`${engine?.url}${path}`, {
      method,
      dispatcher: agent,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new BitHiveError('BH_CLI_ENGINE', `${engine?.url} went away`, { cause });
    });
    const bytes = new Uint8Array(await answer.body.arrayBuffer());
    if (answer.statusCode >= 300) throw refusalOf(answer.statusCode, bytes);
    return bytes;
  }
  const parsed = async (bytes: Promise<Uint8Array>) =>
    JSON.parse(Buffer.from(await bytes).toString('utf8')) as Json;
  return {
    engine,
    get: (path) => parsed(ask('GET', path)),
    post: (path, body) => parsed(ask('POST', path, body)),
    bytes: (path) => ask('GET', path),
    close: () => agent.close(),
  };
}

async function answers(engine: EngineFile, agent: Agent): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${engine.url}/healthz`, {
      dispatcher: agent,
      headersTimeout: 5_000,
    });
    await body.dump();
    return statusCode === 200;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    // Nobody listens: the file was left behind by an engine that was killed.
    if (code === 'ECONNREFUSED') return false;
    const hint = engine.client ? `; it asks for client certificates: see http.tls.commandLineCert` : '';
    throw new BitHiveError('BH_CLI_ENGINE', `${engine.url} does not answer as it should${hint}`, { cause });
  }
}

async function agentFor({ certFile, client }: EngineFile, env: Environment): Promise<Agent> {
  if (certFile === undefined) return new Agent();
  const shown = client && {
    cert: await readFile(client.certFile, 'utf8'),
    key: await createSystemKeys({ env, cwd: process.cwd() }).secret(client.key),
  };
  return pinnedAgent(await readFile(certFile, 'utf8'), shown);
}

/** Trusts one certificate, whatever name is in it: the engine is on this machine and its certificate names the hospital's host. */
function pinnedAgent(pem: string, shown: { readonly cert: string; readonly key: string } | undefined): Agent {
  const { fingerprint256 } = new X509Certificate(pem);
  return new Agent({
    connect(options, done) {
      const socket = connectTls({
        host: options.hostname,
        port: Number(options.port),
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        ...shown,
      });
      socket.once('error', (error) => done(error, null));
      socket.once('secureConnect', () => {
        if (socket.getPeerCertificate().fingerprint256 === fingerprint256) return done(null, socket);
        socket.destroy();
        return done(new BitHiveError('BH_CLI_ENGINE', 'the certificate is not the one of the engine'), null);
      });
    },
  });
}

function refusalOf(status: number, bytes: Uint8Array): BitHiveError {
  try {
    const { code, detail } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      code: string;
      detail: string;
    };
    if (Object.hasOwn(catalogue, code)) return new BitHiveError(code as ErrorCode, detail);
  } catch {
    // Not the engine's own answer: the status is all there is to say.
  }
  return new BitHiveError('BH_CLI_ENGINE', `the engine answered ${status}`);
}
