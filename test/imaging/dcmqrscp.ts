import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Peer, runTool } from './dcmtk.ts';
import { endWithUs } from './end-with-us.ts';
import { freePort } from './ports.ts';

const startMsMax = 30_000;

/** dcmtk's archive: C-STORE, C-FIND, C-MOVE and C-GET over a folder. */
export class Dcmqrscp implements Peer {
  readonly aet = 'QRSCP';
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  /** @param nodes whom it may send to: AE title to port on this machine */
  static async start(folder: string, nodes: Readonly<Record<string, number>>): Promise<Dcmqrscp> {
    const port = await freePort();
    const images = join(folder, 'images');
    mkdirSync(images);
    const config = join(folder, 'dcmqrscp.cfg');
    const hosts = Object.entries(nodes).map(([aet, at]) => `${aet} = (${aet}, 127.0.0.1, ${at})`);
    const lines = [
      `NetworkTCPPort = ${port}`,
      'MaxPDUSize = 16384',
      'MaxAssociations = 16',
      'HostTable BEGIN',
      ...hosts,
      'HostTable END',
      'VendorTable BEGIN',
      'VendorTable END',
      'AETable BEGIN',
      `QRSCP ${images} RW (200, 1024mb) ANY`,
      'AETable END',
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const child = spawn('dcmqrscp', ['-c', config], {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, TCP_NODELAY: '1' },
    });
    endWithUs(child);
    const endMs = performance.now() + startMsMax;
    const archive = new Dcmqrscp(port, child);
    while ((await runTool('echoscu', ['-aec', 'QRSCP', '127.0.0.1', String(port)])).code !== 0) {
      if (child.exitCode !== null || performance.now() > endMs) throw new TypeError('dcmqrscp did not start');
      await new Promise((next) => setTimeout(next, 50));
    }
    return archive;
  }

  async stop(): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}
