import { beforeEach, describe, expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import type { ChannelLease } from '../../../core/ports/index.ts';
import { silentLogger } from '../../../core/ports/logger.ts';
import { ChannelHold } from '../../../pipelines/runtime/channel-hold.ts';
import { ManualClock } from '../../manual-clock.ts';

describe('the right to process a channel', () => {
  const asked: number[] = [];
  let clock: ManualClock;
  let answer: () => Promise<ChannelLease | null>;
  let changes: number;
  let hold: ChannelHold;
  beforeEach(() => {
    clock = new ManualClock(0);
    asked.length = 0;
    changes = 0;
    answer = async () => ({ channel: 'adt', owner: 'a', epoch: 1 }) as unknown as ChannelLease;
    const store = {
      leaseChannel: (_channel: string, _owner: string, _leaseMs: number) => {
        asked.push(clock.nowMs());
        return answer();
      },
      releaseChannel: async () => {},
    };
    hold = new ChannelHold({
      ...{ channel: 'adt', owner: 'a', store, clock, logger: silentLogger },
      changed: () => {
        changes += 1;
      },
    });
  });

  test('is asked for again when half of its time is over', async () => {
    for (const ms of [0, 4_000, 2_000, 1_000]) {
      clock.advance(ms);
      await hold.take();
    }
    expect(asked).toEqual([0, 6_000]);
    expect(changes).toBe(1);
    expect(hold.isHeld).toBe(true);
    hold.lost();
    expect(hold.isHeld).toBe(false);
  });

  test('is kept while something long is waited for, and no longer; a store that is down meanwhile stops nothing', async () => {
    await hold.take();
    clock.advance(3_000);
    let done = (_value: string): void => {};
    const work = hold.during(
      new Promise<string>((resolve) => {
        done = resolve;
      }),
    );
    for (let turn = 0; turn < 8; turn += 1) {
      if (turn === 4) answer = () => Promise.reject(new BitHiveError('BH_STORE_BUSY', 'down'));
      clock.advance(2_500);
      await new Promise((next) => setImmediate(next));
    }
    done('prepared');
    expect(await work).toBe('prepared');
    // From 13 s on the store is down: it is asked each time until it answers.
    expect(asked).toEqual([0, 5_500, 10_500, 15_500, 18_000, 20_500, 23_000]);
    expect(clock.timersCount).toBe(0);
    await expect(hold.during(Promise.reject(new TypeError('its own')))).rejects.toThrow('its own');
    expect(clock.timersCount).toBe(0);
  });

  test('is asked for in time where half of it was over when the wait began', async () => {
    await hold.take();
    clock.advance(4_999);
    await hold.take();
    const work = hold.during(new Promise<void>(() => {}));
    for (let turn = 0; turn < 4; turn += 1) {
      clock.advance(2_500);
      await new Promise((next) => setImmediate(next));
    }
    hold.giveUp();
    await expect(work).rejects.toMatchObject({ code: 'BH_STOPPING' });
    for (const [nth, ms] of asked.entries()) expect(ms - (asked[nth - 1] ?? 0)).toBeLessThan(9_000);
    expect(asked).toHaveLength(3);
  });

  test('is not taken again by an answer that comes after it was given back', async () => {
    await hold.take();
    clock.advance(4_999);
    let taken = (_lease: ChannelLease | null): void => {};
    answer = () =>
      new Promise((resolve) => {
        taken = resolve;
      });
    let isOver = false;
    const work = hold.during(new Promise<void>((resolve) => setTimeout(resolve, 20))).then(() => {
      isOver = true;
    });
    clock.advance(2_500);
    await new Promise((next) => setTimeout(next, 60));
    expect(isOver).toBe(false);
    taken({ channel: 'adt', owner: 'a', epoch: 1 } as unknown as ChannelLease);
    await work;
  });

  test('is given up once and for all: what would be waited for after that is refused, and its own failure is no stray one', async () => {
    hold.giveUp();
    const late = hold.during(new Promise((_, reject) => setTimeout(() => reject(new TypeError('late')), 10)));
    await expect(late).rejects.toMatchObject({ code: 'BH_STOPPING' });
    await new Promise((next) => setTimeout(next, 30));
    expect(clock.timersCount).toBe(0);
  });
});
