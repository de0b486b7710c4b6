import type { Work } from '../../../../core/ports/index.ts';

/** What the current group gives others to do; the same news is told once. */
export class WorkList {
  #work = new Map<string, Work>();
  #count = 0;

  messages(channel: string): void {
    this.#work.set(`m ${channel}`, { kind: 'messages', channel });
  }
  deliveries(channel: string, destination: string): void {
    this.#work.set(`d ${channel} ${destination}`, { kind: 'deliveries', channel, destination });
  }
  add(work: Work): void {
    this.#count += 1;
    this.#work.set(`n ${this.#count}`, work);
  }

  /** The list, and an empty one from here on. */
  take(): Work[] {
    const taken = [...this.#work.values()];
    this.#work = new Map();
    return taken;
  }
}
