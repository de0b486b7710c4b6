import { createHash, timingSafeEqual } from 'node:crypto';
import { connect, type LookupFunction, type Socket } from 'node:net';
import ssh2, { type Client, type SFTPWrapper } from 'ssh2';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Keys } from '../../core/ports/index.ts';

export interface SftpOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** References of secrets; at least one. */
  readonly password?: string;
  readonly privateKey?: string;
  readonly passphrase?: string;
  /** What the server must show: `SHA256:...` as ssh-keygen -l prints it, or its public key, `ssh-ed25519 AAAA...`. */
  readonly hostKey: string;
  readonly keys: Keys;
  /** How names become addresses; the place where an allow-list of networks is kept. */
  readonly lookup?: LookupFunction;
}

export interface SftpConnection {
  readonly sftp: SFTPWrapper;
  /** Whether the server offers an extension of the protocol. */
  has(extension: string): boolean;
}

/** One connection to an SFTP server, opened when it is needed. A failed one is dropped; the next call opens another. */
export class SftpLine {
  readonly #options: SftpOptions;
  #connection: Promise<SftpConnection> | undefined;
  #client: Client | undefined;
  #isClosed = false;

  constructor(options: SftpOptions) {
    this.#options = options;
  }

  async ask<T>(what: string, call: (connection: SftpConnection) => Promise<T>): Promise<T> {
    const connection = await this.connection();
    try {
      return await call(connection);
    } catch (cause) {
      throw this.fault(what, cause);
    }
  }

  connection(): Promise<SftpConnection> {
    if (this.#isClosed) throw new BitHiveError('BH_STOPPING', 'the connection is closed');
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#drop();
      throw error;
    });
    return this.#connection;
  }

  /** What an operation failed with. An answer of the server (a number) leaves the connection as it is. */
  fault(what: string, cause: unknown): BitHiveError {
    if (cause instanceof BitHiveError && cause.code !== 'BH_FILE_IO') return cause;
    const { code, message } = cause as { code?: unknown; message?: string };
    if (typeof code !== 'number') this.#drop();
    return new BitHiveError('BH_FILE_IO', `${what}: ${message ?? 'failed'}`, { cause });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#drop();
  }

  #drop(): void {
    this.#connection = undefined;
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #open(): Promise<SftpConnection> {
    const { host, port, user, keys, hostKey, lookup } = this.#options;
    const secret = async (reference: string | undefined) =>
      reference === undefined ? undefined : keys.secret(reference);
    const password = await secret(this.#options.password);
    const privateKey = await secret(this.#options.privateKey);
    const passphrase = await secret(this.#options.passphrase);
    const socket = connect({ host, port, ...(lookup === undefined ? {} : { lookup }) });
    const client = new ssh2.Client();
    this.#client = client;
    let isOther = false;
    const ready = becomesReady(client, socket);
    client.connect({
      sock: socket,
      username: user,
      ...(password === undefined ? {} : { password }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(passphrase === undefined ? {} : { passphrase }),
      readyTimeout: limits.sftpStepMs,
      keepaliveInterval: 10_000,
      keepaliveCountMax: 3,
      ...algorithmsOf(hostKey),
      hostVerifier: (key) => {
        isOther = !isPinned(key, hostKey);
        return !isOther;
      },
    });
    try {
      const sftp = await ready;
      const gone = (): void => {
        if (this.#client === client) this.#drop();
      };
      client.on('close', gone);
      sftp.on('close', gone);
      return { sftp, has: (extension) => extensionsOf(sftp).has(extension) };
    } catch (cause) {
      client.destroy();
      if (isOther)
        throw new BitHiveError('BH_FILE_HOST_KEY', `${host}:${port} shows another host key`, { cause });
      const reason = (cause as Error).message;
      throw new BitHiveError('BH_FILE_IO', `${host}:${port}: ${reason}`, { cause });
    }
  }
}

function becomesReady(client: Client, socket: Socket): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    client.on('error', reject);
    client.once('close', () => reject(new BitHiveError('BH_FILE_IO', 'the server closed the connection')));
    client.once('ready', () =>
      client.sftp((error, sftp) => {
        if (error) reject(error);
        else resolve(sftp);
      }),
    );
  });
}

/** What the server listed when the session began; the package keeps it to itself. */
function extensionsOf(sftp: SFTPWrapper): { has(name: string): boolean } {
  const { _extensions: listed } = sftp as unknown as { _extensions?: Record<string, string> };
  return { has: (name) => listed !== undefined && Object.hasOwn(listed, name) };
}

/** The wire form of the server's key against the pinned fingerprint (SHA-256) or key. */
export function isPinned(key: Uint8Array, pinned: string): boolean {
  if (pinned.startsWith('SHA256:')) {
    const own = createHash('sha256').update(key).digest();
    return isSame(own, Buffer.from(pinned.slice('SHA256:'.length), 'base64'));
  }
  const [, encoded = ''] = pinned.trim().split(/\s+/);
  return isSame(key, Buffer.from(encoded, 'base64'));
}

/** Where the key itself is pinned, the server is asked for a key of that kind; it may have several. */
function algorithmsOf(pinned: string): { algorithms?: { serverHostKey: readonly string[] } } {
  if (pinned.startsWith('SHA256:')) return {};
  const [kind = ''] = pinned.trim().split(/\s+/);
  return { algorithms: { serverHostKey: kind === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [kind] } };
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
