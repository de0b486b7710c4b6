import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgres, type PostgresBinaries, serverUser } from './postgres-binaries.ts';

const portAttemptsMax = 20;
const startMsMax = 120_000;

/** A real server on loopback, with a data folder of its own. */
export class PostgresServer {
  readonly folder: string;
  #port = 0;
  readonly #binaries: PostgresBinaries;
  #process: ChildProcess | null = null;
  #databases = 0;

  private constructor(folder: string, binaries: PostgresBinaries) {
    this.folder = folder;
    this.#binaries = binaries;
  }

  /** null where no PostgreSQL can be had. */
  static async start(): Promise<PostgresServer | null> {
    const folder = mkdtempSync(join(tmpdir(), 'bithive-postgres-'));
    chmodSync(folder, 0o755);
    const binaries = findPostgres(folder);
    if (!binaries) {
      rmSync(folder, { recursive: true });
      return null;
    }
    if (serverUser.uid !== undefined) chownSync(folder, serverUser.uid, serverUser.gid ?? 0);
    const initdb = spawnSync(
      join(binaries.folder, 'initdb'),
      [
        '-D',
        join(folder, 'data'),
        '-U',
        'postgres',
        '--auth=trust',
        '-E',
        'UTF8',
        '--no-locale',
        '--no-sync',
      ],
      { ...serverUser, cwd: folder, encoding: 'utf8' },
    );
    if (initdb.status !== 0) throw new TypeError(`initdb failed: ${initdb.stderr}`);
    const server = new PostgresServer(folder, binaries);
    await server.#takePort();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get from(): string {
    return this.#binaries.from;
  }

  url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/${database}`;
  }

  /**
   * The server can not choose a free port by itself. One is drawn below those that the system gives out (ip_local_port_range), or a
   * connection of somebody else could have it when the server comes back after a crash.
   */
  async #takePort(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#port = randomInt(15_000, 32_000);
      try {
        return await this.up();
      } catch (cause) {
        if (attempt === portAttemptsMax || !String(cause).includes('Address already in use')) throw cause;
      }
    }
  }

  /** Starts, also after `down`, and resolves when connections are taken. */
  async up(): Promise<void> {
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${this.#port}`,
      `unix_socket_directories=${this.folder}`,
    ];
    const child = spawn(
      join(this.#binaries.folder, 'postgres'),
      ['-D', join(this.folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])],
      { ...serverUser, cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString()}`.slice(-4000);
    });
    // Where a test file fails before it can stop its server, the server must not hold the run.
    child.unref();
    (child.stderr as Socket).unref();
    this.#process = child;
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
    const startedMs = performance.now();
    while (!(await answers(this.url('postgres')))) {
      if (hasEnded()) throw new TypeError(`postgres ended: ${complaint}`);
      if (performance.now() - startedMs > startMsMax)
        throw new TypeError(`postgres does not start: ${complaint}`);
    }
    // Another server may have the port and answer for this one, which ends a moment later.
    const [own] = await this.run('postgres', 'SHOW data_directory');
    if (own?.data_directory !== join(this.folder, 'data')) {
      await this.down();
      throw new TypeError('Address already in use by another PostgreSQL');
    }
  }

  /** `SIGQUIT`: at once, without a last checkpoint, as in a crash. `SIGINT`: an orderly stop that ends all sessions. */
  async down(signal: 'SIGQUIT' | 'SIGINT' = 'SIGINT'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** A new empty database. */
  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `bithive_${this.#databases}`;
    await this.run('postgres', `CREATE DATABASE ${name}`);
    return this.url(name);
  }

  async run(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({
      connectionString: database.includes(':') ? database : this.url(database),
    });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // A server that is starting ends sessions; that is the answer.
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return false;
  }
}
