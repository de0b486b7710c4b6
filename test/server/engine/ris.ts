import { createMllpSource } from '../../../connectors/hl7v2/index.ts';
import { messageId } from '../../../core/ids.ts';
import type { Refusal } from '../../../core/message.ts';
import { silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { type Hl7Message, parseMessage } from '../../../formats/hl7v2/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { systemRandom } from '../../../platform/random.ts';

/** A radiology system behind a real MLLP listener. What it answers, and when, is the test's to say. */
export interface Ris {
  readonly port: number;
  /** Control ids, in the order in which they came. */
  readonly received: string[];
  /** The same messages, whole. */
  readonly messages: readonly Hl7Message[];
  /** Holds back all answers until `release`. */
  hold(): void;
  release(): void;
  refuseWith(refusal: Refusal | undefined): void;
  stop(): Promise<void>;
}

/** Stands in each of its answers, so that one can be told from ours. */
export const risSays = 'the RIS has seen it';

export async function startRis(): Promise<Ris> {
  const received: string[] = [];
  const messages: Hl7Message[] = [];
  let refusal: Refusal | undefined;
  let held: Promise<void> = Promise.resolve();
  let release = (): void => {};
  const source = createMllpSource({
    name: 'ris',
    application: 'THE-RIS',
    host: '127.0.0.1',
    port: 0,
    ack: 'stored',
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: silentMetrics,
  });
  const { port } = await source.start(async ({ body }) => {
    const bytes = body.kind === 'inline' ? body.bytes : new Uint8Array(0);
    const message = parseMessage(bytes);
    received.push(message.get('MSH-10'));
    messages.push(message);
    await held;
    const id = messageId(received.length);
    return refusal
      ? { kind: 'refused', id, duplicate: false, error: refusal }
      : { kind: 'accepted', id, duplicate: false, warning: { code: 'BH_INTERNAL', detail: risSays } };
  });
  return {
    port,
    received,
    messages,
    hold() {
      held = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    refuseWith(given) {
      refusal = given;
    },
    async stop() {
      release();
      await source.stop(100);
    },
  };
}
