import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a measured server says to its parent. */
export type ChildMessage = { readonly ready: number } | { readonly cpuMs: number; readonly count: number };

/** A measured server in a process of its own, so that its CPU time is its own. */
export class MeasuredServer {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(entry: string, args: readonly string[]): Promise<MeasuredServer> {
    const process = fork(fileURLToPath(new URL(entry, import.meta.url)), args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const message = await next(process);
    if (!('ready' in message)) throw new TypeError('the server did not get ready');
    return new MeasuredServer(process, message.ready);
  }

  /** CPU milliseconds that the process used so far, and messages it finished. */
  async usage(): Promise<{ readonly cpuMs: number; readonly count: number }> {
    this.#process.send('usage');
    const message = await next(this.#process);
    if (!('cpuMs' in message)) throw new TypeError('the server gave no usage');
    return message;
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.send('stop');
    await gone;
  }
}

function next(process: ChildProcess): Promise<ChildMessage> {
  return new Promise((resolve, reject) => {
    const failed = (code: number | null) => reject(new TypeError(`the server ended with ${code}`));
    process.once('exit', failed);
    process.once('message', (message) => {
      process.off('exit', failed);
      resolve(message as ChildMessage);
    });
  });
}

/** The server's side. */
export function serveParent(port: number, count: () => number, stop: () => Promise<void>): void {
  process.on('message', (word) => {
    if (word === 'usage') {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuMs: (user + system) / 1000, count: count() });
    } else {
      stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    }
  });
  process.send?.({ ready: port });
}
