import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgres, type PostgresBinaries, serverUser } from './postgres-binaries.ts';

/** A real server on loopback, with a data folder of its own. */
export class PostgresServer {
  readonly folder: string;
  readonly port: number;
  readonly #binaries: PostgresBinaries;
  #process: ChildProcess | null = null;
  #databases = 0;

  private constructor(folder: string, binaries: PostgresBinaries, port: number) {
    this.folder = folder;
    this.#binaries = binaries;
    this.port = port;
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
    const server = new PostgresServer(folder, binaries, await freePort());
    await server.up();
    return server;
  }

  get from(): string {
    return this.#binaries.from;
  }

  url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts, also after `kill`, and resolves when connections are taken. */
  async up(): Promise<void> {
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${this.port}`,
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
    this.#process = child;
    while (!(await answers(this.url('postgres')))) {
      if (child.exitCode !== null) throw new TypeError(`postgres ended: ${complaint}`);
    }
  }

  /** `SIGQUIT`: at once, without a last checkpoint, as in a crash. `SIGINT`: an orderly stop that ends all sessions. */
  async down(signal: 'SIGQUIT' | 'SIGINT' = 'SIGINT'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
