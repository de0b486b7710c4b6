import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createMllpSource, MllpFramer } from '../../connectors/hl7v2/index.ts';
import { messageId } from '../../core/ids.ts';
import type { Arrival } from '../../core/message.ts';
import { type Acceptance, silentLogger, silentMetrics } from '../../core/ports/index.ts';
import { isBatch, parseMessage, splitBatch } from '../../formats/hl7v2/index.ts';
import { systemClock, systemRandom } from '../connectors/hl7v2/ports.ts';
import { Dice, type FuzzInput, fuzzInput } from './mllp-inputs.ts';
import { slowOnlyWhenAlways } from './slow.ts';

export interface FuzzReport {
  readonly sent: number;
  readonly answered: number;
  readonly failures: readonly string[];
}

const answerMs = 1000;

/**
 * Sends malformed inputs at a real MLLP source and checks that each gets its answer within a second, and that the connection then still
 * takes a good message. Pass `port` to aim at an engine that runs elsewhere.
 */
export async function fuzzMllp(count: number, seed: number, port?: number): Promise<FuzzReport> {
  const dice = new Dice(seed);
  const own = port === undefined ? await listen() : undefined;
  const failures: string[] = [];
  let answered = 0;
  let sender = await Sender.open(port ?? own!.port);
  const again = (old: Sender): Promise<Sender> => {
    old.close();
    return Sender.open(port ?? own!.port);
  };
  for (let nth = 0; nth < count; nth++) {
    const input = fuzzInput(nth, dice);
    const answers = await slowOnlyWhenAlways(
      async () => {
        if (sender.hasLostAnswer) sender = await again(sender);
        return sender.send(input, `GOOD${nth}`, dice);
      },
      () => sender.hasLostAnswer,
    );
    if (answers.join(', ') === input.expected.join(', ')) {
      answered++;
      continue;
    }
    failures.push(`seed ${seed}, input ${nth}, ${input.name}: ${answers.join(', ').slice(0, 200)}`);
    sender = await again(sender);
  }
  sender.close();
  await own?.stop();
  return { sent: count, answered, failures };
}

function answerOf(bytes: Uint8Array): string {
  const answer = parseMessage(bytes);
  return `${answer.get('MSA-1')} ${answer.get('MSA-2')}`;
}

const answersOf = (batch: Uint8Array): string =>
  splitBatch(batch, { messageBytesMax: 1e6 })
    .flatMap((event) => (event.kind === 'message' ? [answerOf(event.bytes)] : []))
    .join(' and ');

async function listen(): Promise<{ port: number; stop: () => Promise<void> }> {
  let id = 0;
  const accept = async (arrival: Arrival): Promise<Acceptance> =>
    arrival.refusal === undefined
      ? { kind: 'accepted', id: messageId(++id), duplicate: false }
      : { kind: 'refused', id: messageId(++id), duplicate: false, error: arrival.refusal };
  const source = createMllpSource({
    name: 'fuzz',
    host: '127.0.0.1',
    port: 0,
    ack: 'stored',
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: silentMetrics,
  });
  const { port } = await source.start(accept);
  return { port, stop: () => source.stop(1000) };
}

class Sender {
  readonly #socket: Socket;
  readonly #framer = new MllpFramer(1e6);
  #answers: string[] = [];
  #isClosed = false;
  /** The last input was not answered in time; a late answer may still come. */
  hasLostAnswer = false;
  #wake = (): void => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<Sender> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Sender(socket);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The answers to an input, which end with that to the good message that follows it. */
  async send(input: FuzzInput, goodId: string, dice: Dice): Promise<readonly string[]> {
    this.#answers = [];
    const good = `\x0bMSH|^~\\&|HIS|H|EHR|H|1||ADT^A04|${goodId}|P|2.5\r\x1c\r`;
    const bytes = Buffer.concat([input.bytes, Buffer.from(good)]);
    const cut = dice.below(bytes.length);
    this.#socket.write(bytes.subarray(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    this.#socket.write(bytes.subarray(cut));
    const last = `AA ${goodId}`;
    const isDone = await this.#until(() => this.#answers.at(-1) === last);
    this.hasLostAnswer = !isDone && !this.#isClosed;
    return isDone ? this.#answers.slice(0, -1) : [...this.#answers, this.#isClosed ? 'CLOSED' : 'NO ANSWER'];
  }

  async #until(isSo: () => boolean): Promise<boolean> {
    const endMs = performance.now() + answerMs;
    while (!isSo() && !this.#isClosed && performance.now() < endMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, answerMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return isSo();
  }

  #received(chunk: Buffer): void {
    this.#framer.push(chunk);
    for (let event = this.#framer.next(); event !== null; event = this.#framer.next()) {
      this.#answers.push(isBatch(event.bytes) ? `batch ${answersOf(event.bytes)}` : answerOf(event.bytes));
    }
    this.#wake();
  }
}
