import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Peer } from './dcmtk.ts';
import { endWithUs } from './end-with-us.ts';
import { freePort } from './ports.ts';

export interface StorescpOptions {
  /** Keeps the data set byte by byte, and takes any transfer syntax. Default: true. */
  readonly bitPreserving?: boolean;
  /** One process per association; else one association after the other. Default: true. */
  readonly fork?: boolean;
}

const startMsMax = 30_000;

/** dcmtk's receiver: stores what it gets in a folder. */
export class Storescp implements Peer {
  readonly aet = 'STORESCP';
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  static async start(folder: string, options: StorescpOptions = {}): Promise<Storescp> {
    const port = await freePort();
    const words = ['-od', folder, '--max-pdu', '131072'];
    if (options.bitPreserving !== false) words.push('+B', '+xa');
    if (options.fork !== false) words.push('--fork');
    const child = spawn('storescp', [...words, String(port)], {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, TCP_NODELAY: '1' },
    });
    endWithUs(child);
    const endMs = performance.now() + startMsMax;
    while (!(await answers(port))) {
      if (child.exitCode !== null || performance.now() > endMs) throw new TypeError('storescp did not start');
      await new Promise((next) => setTimeout(next, 20));
    }
    return new Storescp(port, child);
  }

  async stop(): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
