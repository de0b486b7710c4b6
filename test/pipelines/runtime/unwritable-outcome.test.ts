import { afterEach, expect, test } from '@jest/globals';
import type { Store } from '../../../core/ports/index.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
import {
  hl7Arrival,
  ScriptedReceiver,
  startTestEngine,
  type TestDoor,
  type TestEngine,
} from './test-channel.ts';

const channel = `
channel: adt
source: { hl7v2: {} }
key: "PID-3.1"
to:
  - test: { name: ehr, target: "test:ehr", takes: "*", retry: { firstMs: 1, maxMs: 5 } }
`;

let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
});

test('an outcome that the store can never take ends as unknown, and the receiver is sent it once', async () => {
  const wrap = (store: Store): Store =>
    withFaults(store, {
      settleDelivery: (lease, settlement) =>
        settlement.answer
          ? Promise.reject(new TypeError('this answer cannot be bound'))
          : store.settleDelivery(lease, settlement),
    });
  const receiver = new ScriptedReceiver();
  receiver.answer = () => ({ kind: 'delivered', answer: { ...hl7Arrival('A1', '1'), kind: 'answer' } });
  engine = await startTestEngine([channel], { wrap, receivers: new Map([['test:ehr', receiver]]) });
  const { store, doors } = engine;
  await (doors.get('adt') as TestDoor).accept(hl7Arrival('C1', '1'));
  const ended = await until(async () =>
    (await store.searchDeliveries({ limit: 5 })).find(({ state }) => state === 'unknown'),
  );
  expect(ended).toMatchObject({ attempts: 1, lastError: { code: 'BH_INTERNAL' } });
  expect(receiver.sent).toHaveLength(1);
});
