import { expect, test } from '@jest/globals';
import { Wake } from '../../../pipelines/runtime/wake.ts';
import { ManualClock } from '../../manual-clock.ts';

/** Whether it is over once everything that waits for nothing has run. */
async function isOver(work: Promise<unknown>): Promise<boolean> {
  let over = false;
  void work.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

test('a ring does not end a rest, and ends the sleep after it at once', async () => {
  const clock = new ManualClock();
  const wake = new Wake(clock);
  const rest = wake.rest(8);
  wake.ring();
  clock.advance(7);
  expect(await isOver(rest)).toBe(false);
  clock.advance(1);
  expect(await isOver(rest)).toBe(true);
  expect(await wake.sleep(1_000)).toBe(true);
  expect(clock.timersCount).toBe(0);
});

test('a stop ends a rest, and none begins after it', async () => {
  const clock = new ManualClock();
  const wake = new Wake(clock);
  const rest = wake.rest(8);
  wake.stop();
  expect(await isOver(rest)).toBe(true);
  expect(await isOver(wake.rest(8))).toBe(true);
  expect(clock.timersCount).toBe(0);
});
