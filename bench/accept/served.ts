import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeasuredServer } from './child.ts';
import { type LoadResult, mllpLoad } from './load.ts';

const durationMs = 2_000;
/** The runtime compiles the whole engine only after tens of thousands of messages; every server gets as many before it is measured. */
const warmUpMessages = 30_000;
const warmUpConnections = 32;

export interface Measured extends LoadResult {
  readonly cpuMsPerMessage: number;
}

/** A server under measurement, and what was measured of it since it was last asked. */
export class Served {
  readonly #server: MeasuredServer;
  readonly #folder: string;
  #measured: Measured[] = [];

  private constructor(server: MeasuredServer, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  static async start(entry: string, args: readonly string[]): Promise<Served> {
    const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-'));
    return new Served(await MeasuredServer.start(entry, [folder, ...args]), folder);
  }

  async warmUp(): Promise<void> {
    for (let round = 0; (await this.#server.usage()).count < warmUpMessages; round += 1) {
      await mllpLoad(this.#server.port, warmUpConnections, 1_000, `warm${round}`);
    }
  }

  async measure(connections: number): Promise<void> {
    const before = await this.#workedOff();
    const startedAt = performance.now();
    const tag = `load${connections}-${before.count}`;
    const load = await mllpLoad(this.#server.port, connections, durationMs, tag);
    const after = await this.#server.usage();
    const finished = after.count - before.count;
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuMsPerMessage = (after.cpuMs - before.cpuMs) / Math.max(1, finished);
    // What counts is what the server finished: end to end that is delivered, not only acknowledged.
    const perSecond = Math.min(load.perSecond, finished / seconds);
    this.#measured.push({ ...load, perSecond, cpuMsPerMessage });
  }

  take(): readonly Measured[] {
    const taken = this.#measured;
    this.#measured = [];
    return taken;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What the server finished once nothing is left of the load before. */
  async #workedOff(): Promise<{ readonly cpuMs: number; readonly count: number }> {
    let before = await this.#server.usage();
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const now = await this.#server.usage();
      if (now.count === before.count) return now;
      before = now;
    }
  }
}
