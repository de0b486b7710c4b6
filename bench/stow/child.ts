import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Usage {
  readonly cpuMs: number;
  /** Resident memory now, and the most that it ever was. */
  readonly rssBytes: number;
  readonly rssBytesMax: number;
}

/** A measured receiver in a process of its own. */
export class MeasuredReceiver {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(entry: string, folder: string): Promise<MeasuredReceiver> {
    const process = fork(fileURLToPath(new URL(entry, import.meta.url)), [folder], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [port] = (await once(process, 'message')) as [number];
    return new MeasuredReceiver(process, port);
  }

  async usage(): Promise<Usage> {
    this.#process.send('usage');
    const [usage] = (await once(this.#process, 'message')) as [Usage];
    return usage;
  }

  async stop(): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.send('stop');
    await gone;
  }
}

/** The receiver's side. */
export function serveParent(port: number): void {
  process.on('message', (word) => {
    if (word === 'stop') process.exit(0);
    const { user, system } = process.cpuUsage();
    const usage: Usage = {
      cpuMs: (user + system) / 1000,
      rssBytes: process.memoryUsage.rss(),
      rssBytesMax: process.resourceUsage().maxRSS * 1024,
    };
    process.send?.(usage);
  });
  process.send?.(port);
}
