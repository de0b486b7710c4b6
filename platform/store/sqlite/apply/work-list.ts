import type { MessageId } from '../../../../core/ids.ts';
import type { Work } from '../../../../core/ports/index.ts';
import type { GroupResult, Received } from '../operations.ts';

/** What the current group gives others to do; the same news is told once. */
export class WorkList {
  #work = new Map<string, Work>();
  #received: Received[] = [];
  #count = 0;

  messages(channel: string, id: MessageId): void {
    this.#work.set(`m ${channel}`, { kind: 'messages', channel });
    this.#received.push([channel, id]);
  }
  deliveries(channel: string, destination: string): void {
    this.#work.set(`d ${channel} ${destination}`, { kind: 'deliveries', channel, destination });
  }
  add(work: Work): void {
    this.#count += 1;
    this.#work.set(`n ${this.#count}`, work);
  }

  /** What was listed; nothing is from here on. */
  take(): Pick<GroupResult, 'work' | 'received'> {
    const taken = { work: [...this.#work.values()], received: this.#received };
    this.#work = new Map();
    this.#received = [];
    return taken;
  }
}
