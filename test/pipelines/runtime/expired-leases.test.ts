import { afterEach, describe, expect, test } from '@jest/globals';
import { limits } from '../../../core/limits.ts';
import type { Clock, Store } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
import { hl7Arrival, ScriptedReceiver, startTestEngine, type TestEngine } from './test-channel.ts';

const channel = `
channel: adt
source: { hl7v2: {} }
ack: stored
key: "PID-3.1"
steps: []
to:
  - test: { name: ehr, target: "test:ehr", takes: "*", retry: { firstMs: 1, maxMs: 5 } }
`;

let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
  engine = undefined;
});

/** A receiver that answers when it is told to. */
function heldReceiver() {
  const receiver = new ScriptedReceiver();
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  receiver.answer = async () => {
    await held;
    return { kind: 'delivered' };
  };
  return { receiver, release: () => release() };
}

/** The first claim while an attempt runs is made as by a process that was suspended: the lease of the attempt has run out. */
const claimsAfterSuspension = (receiver: ScriptedReceiver, beside: () => void) => {
  let isDone = false;
  return (store: Store): Store =>
    withFaults(store, {
      leaseDeliveries: (request) => {
        const isNow = !isDone && receiver.sent.length === 1;
        if (!isNow) return store.leaseDeliveries(request);
        isDone = true;
        const taken = store.leaseDeliveries({ ...request, nowMs: request.nowMs + 2 * limits.leaseMs });
        beside();
        return taken;
      },
    });
};

const deliveredCount = async (store: Store) =>
  (await store.searchDeliveries({ state: 'delivered', limit: 10 })).length;

describe('a lease that ran out and is taken again by the same process', () => {
  test('in the commit that refuses the outcome under the old one: the outcome is written, the message not sent again', async () => {
    const { receiver, release } = heldReceiver();
    engine = await startTestEngine([channel], {
      receivers: new Map([['test:ehr', receiver]]),
      wrap: claimsAfterSuspension(receiver, release),
    });
    const { store } = engine;
    await engine.doors.get('adt')?.accept(hl7Arrival('C1', 'P1'));
    await until(async () => (await deliveredCount(store)) === 1);
    expect(receiver.sent).toHaveLength(1);
  });

  test('in the commit that does not renew the old one: the attempt goes on', async () => {
    const { receiver, release } = heldReceiver();
    let beat = (): void => {};
    const clock: Clock = {
      nowMs: () => systemClock.nowMs(),
      monotonicMs: () => systemClock.monotonicMs(),
      after(delayMs, call) {
        const cancel = systemClock.after(delayMs, call);
        const now = () => {
          cancel();
          call();
        };
        if (delayMs === limits.leaseMs / 3) beat = now;
        return cancel;
      },
    };
    let isRenewed = false;
    engine = await startTestEngine([channel], {
      clock,
      receivers: new Map([['test:ehr', receiver]]),
      wrap: (store) =>
        claimsAfterSuspension(receiver, () => beat())(
          withFaults(store, {
            renewDeliveries: async (leases, untilMs) => {
              const kept = await store.renewDeliveries(leases, untilMs);
              isRenewed ||= kept.length === 0;
              return kept;
            },
          }),
        ),
    });
    const { store } = engine;
    await engine.doors.get('adt')?.accept(hl7Arrival('C1', 'P1'));
    await until(() => isRenewed);
    // An attempt that is cut off comes to its end within this turn.
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    await until(async () => (await deliveredCount(store)) === 1);
    expect(receiver.sent).toHaveLength(1);
  });
});
