import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DoorMemory, type MemoryShare } from '../../../connectors/hl7v2/door-memory.ts';
import type { Clock } from '../../../core/ports/index.ts';

const kilobyte = 1024;
const messageBytesMax = 1000 * kilobyte;
const readBytes = 64 * kilobyte;

/** A clock whose only timers are those that the test lets fire. */
function handClock(): { clock: Clock; fire: () => void } {
  let timers: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    after: (_, call) => {
      timers.push(call);
      return () => {
        timers = timers.filter((other) => other !== call);
      };
    },
  };
  const fire = (): void => {
    for (const call of timers.splice(0)) call();
  };
  return { clock, fire };
}

/** A sender of one frame, and the connection that reads it. */
class Sender {
  readonly share: MemoryShare;
  readonly #frameBytes: number;
  #openBytes = 0;
  state: 'reading' | 'waiting' | 'answering' | 'done' | 'refused' = 'reading';

  constructor(memory: DoorMemory, frameBytes: number) {
    this.#frameBytes = frameBytes;
    this.share = memory.join({
      wake: () => {
        if (this.state === 'waiting') this.state = 'reading';
        if (this.state === 'reading') this.#look();
      },
      giveWay: () => {
        this.state = 'refused';
        this.share.hold(0, 1, 0);
      },
    });
  }

  step(): void {
    if (this.state === 'answering') {
      this.state = 'done';
      this.share.hold(0, 1, 0);
      return;
    }
    if (this.state !== 'reading') return;
    this.#openBytes = Math.min(this.#frameBytes, this.#openBytes + readBytes);
    const isWhole = this.#openBytes === this.#frameBytes;
    if (isWhole) this.state = 'answering';
    this.share.hold(isWhole ? 0 : this.#openBytes, 1, isWhole ? this.#openBytes : 0);
    if (!isWhole) this.#look();
  }

  #look(): void {
    if (!this.share.mayRead) this.state = 'waiting';
  }
}

test('whatever is sent at once, all of it comes through and the memory stays within its limit', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: messageBytesMax }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.infiniteStream(fc.nat()), async (all, choices) => {
      const bytesMax = 4 * messageBytesMax;
      const memory = new DoorMemory({ clock: handClock().clock, bytesMax, messageBytesMax });
      const senders = all.map((bytes) => new Sender(memory, bytes));
      for (let left = senders; left.length > 0; left = left.filter(({ state }) => state !== 'done')) {
        const ready = left.filter(({ state }) => state !== 'waiting');
        expect(ready.length).toBeGreaterThan(0);
        ready[choices.next().value! % ready.length]!.step();
        expect(memory.usedBytes).toBeLessThanOrEqual(bytesMax + all.length * readBytes);
        await new Promise<void>((resolve) => process.nextTick(resolve));
      }
      expect(memory.usedBytes).toBe(0);
    }),
  );
});

test('who has its turn and brings nothing gives way, and the next one goes on', async () => {
  const { clock, fire } = handClock();
  const memory = new DoorMemory({ clock, bytesMax: 3 * messageBytesMax, messageBytesMax });
  const silent = Array.from({ length: 4 }, () => new Sender(memory, messageBytesMax));
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (let step = 0; step < 12; step++) {
    for (const sender of silent) if (memory.usedBytes < 2 * messageBytesMax) sender.step();
  }
  await settled();
  const late = new Sender(memory, messageBytesMax);
  for (let round = 0; round < 10 && late.state !== 'done'; round++) {
    for (let step = 0; step < 20; step++) {
      late.step();
      await settled();
    }
    fire();
    await settled();
  }
  expect(late.state).toBe('done');
  expect(silent.some(({ state }) => state === 'refused')).toBe(true);
});
