import { expect, test } from '@jest/globals';
import { deliveryId } from '../../../core/ids.ts';
import { limits } from '../../../core/limits.ts';
import { silentLogger } from '../../../core/ports/index.ts';
import { GroupCommit } from '../../../platform/store/sqlite/group-commit.ts';
import type { GroupResult, Operation } from '../../../platform/store/sqlite/operations.ts';
import { message } from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

/** A disk that takes as long as the test wants, and what it was given. */
function slowDisk() {
  const groups: (readonly Operation[])[] = [];
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const runner = {
    async run(operations: readonly Operation[]): Promise<GroupResult> {
      groups.push(operations);
      await held;
      return {
        results: operations.map(() => ({ ok: true, value: null })),
        work: [],
        received: [],
        failed: false,
      };
    },
    recover: async () => {},
    close: async () => {},
  };
  const nothing = () => {};
  const commits = new GroupCommit({
    runner,
    clock: systemClock,
    logger: silentLogger,
    onWork: nothing,
    onReceived: nothing,
    beforeRecovery: nothing,
    afterRecovery: nothing,
  });
  return { commits, groups, letGo };
}

const ofBytes = (count: number) => message({ body: { kind: 'inline', bytes: new Uint8Array(count) } });
const settlement = {
  lease: { id: deliveryId(1), leaseOwner: 'o', leaseEpoch: 1 },
  settlement: { outcome: { kind: 'delivered' as const }, atMs: 0 },
};

test('a group holds a bounded number of bytes, and what waits is refused past another; then all is written', async () => {
  const { commits, groups, letGo } = slowDisk();
  const one = ofBytes(limits.storeGroupBytesMax / 4);
  const fitting = limits.storeQueueBytesMax / (limits.storeGroupBytesMax / 4);
  const waiting = Array.from({ length: fitting }, () => commits.run('accept', one));
  await expect(commits.run('accept', one)).rejects.toMatchObject({ code: 'BH_STORE_BUSY' });
  letGo();
  await Promise.all(waiting);
  expect(new Set(groups.map((group) => group.length))).toEqual(new Set([4]));
  await commits.run('accept', one);
  await commits.run('accept', ofBytes(limits.storeGroupBytesMax + 1));
  expect(groups.at(-1)).toHaveLength(1);
  await commits.close();
});

test('while too much waits to be accepted, results of what the engine did are still taken', async () => {
  const { commits, letGo } = slowDisk();
  const waiting: Promise<unknown>[] = Array.from({ length: limits.storeQueueOpsMax }, () =>
    commits.run('accept', message()),
  );
  await expect(commits.run('accept', message())).rejects.toMatchObject({ code: 'BH_STORE_BUSY' });
  waiting.push(commits.run('settleDelivery', settlement));
  letGo();
  await Promise.all(waiting);
  await commits.close();
});

/** Resolves after so many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('senders that come one by one, as they get their answers, share the next group; one that comes alone does not wait', async () => {
  const { commits, groups, letGo } = slowDisk();
  letGo();
  await Promise.all(Array.from({ length: 8 }, () => commits.run('accept', message())));
  expect(groups.map(({ length }) => length)).toEqual([8]);

  const waiting: Promise<unknown>[] = [];
  for (let sender = 0; sender < 8; sender += 1) {
    waiting.push(commits.run('accept', message()));
    await turns(1);
  }
  await Promise.all(waiting);
  expect(groups.map(({ length }) => length)).toEqual([8, 8]);

  const alone = commits.run('accept', message());
  await turns(3);
  expect(groups).toHaveLength(3);
  await alone;
  await commits.close();
});

test('a group waits for others a bounded number of turns', async () => {
  const { commits, groups, letGo } = slowDisk();
  letGo();
  await Promise.all(Array.from({ length: 100 }, () => commits.run('accept', message())));
  const waiting: Promise<unknown>[] = [];
  for (let sender = 0; sender < 60; sender += 1) {
    waiting.push(commits.run('accept', message()));
    await turns(1);
  }
  await Promise.all(waiting);
  expect(groups.length).toBeGreaterThan(3);
  await commits.close();
});
