import { connect, type Socket } from 'node:net';
import { createMllpSource, MllpFramer, type MllpSourceOptions } from '../../../connectors/hl7v2/index.ts';
import { messageId } from '../../../core/ids.ts';
import type { Arrival } from '../../../core/message.ts';
import { type Accept, type Acceptance, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { type Hl7Message, parseMessage } from '../../../formats/hl7v2/index.ts';
import { systemClock, systemRandom } from './ports.ts';

export interface Listener {
  readonly port: number;
  /** In the order in which `accept` was called. */
  readonly arrivals: Arrival[];
  stop(graceMs?: number): Promise<void>;
}

/** Accepts all, refuses what the arrival refuses: what the runtime does with a store that works. */
export const plainAcceptance = (arrival: Arrival, id: number): Acceptance =>
  arrival.refusal === undefined
    ? { kind: 'accepted', id: messageId(id), duplicate: false }
    : { kind: 'refused', id: messageId(id), duplicate: false, error: arrival.refusal };

export async function listen(
  options: Partial<MllpSourceOptions> = {},
  accept?: (arrival: Arrival, id: number, stored: () => void) => Promise<Acceptance>,
): Promise<Listener> {
  const arrivals: Arrival[] = [];
  const source = createMllpSource({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    ack: 'stored',
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: silentMetrics,
    ...options,
  });
  const take = async (arrival: Arrival, stored: () => void = () => {}): Promise<Acceptance> => {
    arrivals.push(arrival);
    const id = arrivals.length;
    return accept === undefined ? plainAcceptance(arrival, id) : accept(arrival, id, stored);
  };
  const { port } = await source.start(take as Accept);
  return { port, arrivals, stop: (graceMs = 1000) => source.stop(graceMs) };
}

/** A sender that writes any bytes and collects whole answers. */
export class RawClient {
  readonly socket: Socket;
  readonly answers: Hl7Message[] = [];
  isClosed = false;
  readonly #framer = new MllpFramer(1e6);
  #waiters: (() => void)[] = [];

  constructor(port: number, socket: Socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })) {
    this.socket = socket;
    // Half open after the other side's end, and so never closed where a test fails before it closes it: that must not hold the process.
    socket.unref();
    socket.on('data', (chunk: Buffer) => {
      this.#framer.push(chunk);
      for (let event = this.#framer.next(); event !== null; event = this.#framer.next()) {
        this.answers.push(parseMessage(event.bytes));
      }
      this.#wake();
    });
    socket.on('error', () => {});
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.isClosed = true;
        this.#wake();
      });
    }
  }

  send(...parts: (string | Uint8Array)[]): void {
    this.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  }

  /** `count` answers in all, or the end of the connection. */
  async answered(count: number): Promise<readonly Hl7Message[]> {
    await this.until(() => this.answers.length >= count || this.isClosed);
    return this.answers;
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

export const VT = '\x0b';
export const FS = '\x1c';
export const CR = '\r';

export const adt = (controlId: string, more = ''): string =>
  `MSH|^~\\&|HIS|H|EHR|H|20261122080000+0100||ADT^A04^ADT_A01|${controlId}|P|2.5.1${more}\rPID|1||77^^^H^MR||Doe^Jane\rPV1|1|O|||||||||||||||||V1\r`;

export const framed = (message: string | Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(VT), Buffer.from(message as string), Buffer.from(FS + CR)]);

/** MSA-1, MSA-2 and ERR-3.1 of an answer, as `AA:C1` or `AE:C1:100`. */
export function summary(answer: Hl7Message): string {
  const parts = [answer.get('MSA-1'), answer.get('MSA-2'), answer.get('ERR-3.1')];
  return parts.slice(0, parts[2] === '' ? 2 : 3).join(':');
}
