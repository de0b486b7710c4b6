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
    for (let turn = 0; turn < 4; turn += 1) {
      if (turn === 2) answer = () => Promise.reject(new BitHiveError('BH_STORE_BUSY', 'down'));
      clock.advance(5_000);
      await new Promise((next) => setImmediate(next));
    }
    done('prepared');
    expect(await work).toBe('prepared');
    expect(asked).toEqual([0, 8_000, 13_000, 18_000, 23_000]);
    expect(clock.timersCount).toBe(0);
    await expect(hold.during(Promise.reject(new TypeError('its own')))).rejects.toThrow('its own');
    expect(clock.timersCount).toBe(0);
  });
});
