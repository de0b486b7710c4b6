import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { AlertMonitor } from '../../../pipelines/alerts/monitor.ts';
import { systemClock } from '../../../platform/clock.ts';
import { alertFile } from '../../../server/compose/alert-file.ts';
import { until } from '../../until.ts';
import {
  hl7Arrival,
  ScriptedReceiver,
  startTestEngine,
  type TestDoor,
  type TestEngine,
} from '../runtime/test-channel.ts';

const channel = `
channel: adt
source: { hl7v2: {} }
key: PID-3.1
alerts: { silenceMinutes: 10 }
to:
  - test: { name: ehr, target: "test:ehr", takes: "*", retry: { firstMs: 1, maxMs: 5 } }
`;
const down = () => ({ kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE', detail: 'down' } }) as const;

let folder: string;
let engine: TestEngine;
let receiver: ScriptedReceiver;
let alerts: AlertMonitor;
let told: string[];
let aheadMs: number;
/** Lets a receiver that holds its answer give it, whatever became of the test. */
let release = () => {};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-alerts-'));
  told = [];
  aheadMs = 0;
  receiver = new ScriptedReceiver();
  await start();
});
afterEach(async () => {
  release();
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  engine = await startTestEngine([channel], { folder, receivers: new Map([['test:ehr', receiver]]) });
  alerts = new AlertMonitor({
    store: engine.store,
    clock: { ...systemClock, nowMs: () => Date.now() + aheadMs },
    logger: silentLogger,
    metrics: silentMetrics,
    channels: () => engine.pipelines.channels,
    notify: async ({ change, alert }) => void told.push(`${change} ${alert.id}`),
    memory: alertFile(join(folder, 'alerts.json')),
    defaults: { silenceMinutes: 0, queueMinutes: 0, deadLetters: 1 },
    everyMs: 1_000_000,
  });
  await alerts.start();
}

async function stop(): Promise<void> {
  await alerts.stop();
  await engine.stop();
}

async function restart(inBetween = () => {}): Promise<void> {
  await stop();
  inBetween();
  told = [];
  await start();
}

const ids = () => alerts.active.map(({ id }) => id);
const accept = (controlId: string) =>
  (engine.doors.get('adt') as TestDoor).accept(hl7Arrival(controlId, 'P1'));

test('dead letters are told once, however often the engine starts; their end is told too', async () => {
  receiver.answer = () => ({ kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED', detail: '422' } });
  await accept('C1');
  const dead = async () => (await engine.store.searchDeliveries({ state: 'dead', limit: 1 }))[0];
  await until(async () => (await dead()) !== undefined);
  await alerts.look();
  expect(told).toEqual(['raised dead-letters|adt|ehr']);
  await restart();
  expect(ids()).toEqual(['dead-letters|adt|ehr']);
  await alerts.look();
  expect(told).toEqual([]);
  await engine.store.resolveDelivery((await dead())?.id as never, 'cancel', Date.now());
  await restart();
  await alerts.look();
  await alerts.look();
  expect(told).toEqual(['cleared dead-letters|adt|ehr']);
  await restart();
  await alerts.look();
  expect([ids(), told]).toEqual([[], []]);
});

test('a receiver that is down stays so for a process that has not tried it yet', async () => {
  receiver.answer = down;
  await accept('C1');
  await until(() => engine.pipelines.channels[0]?.unreachable.length === 1);
  await alerts.look();
  aheadMs = 1_000;
  let isHeld = false;
  // In between, so that it is the new process that is held, and not the old one on its next attempt.
  await restart(() => {
    receiver.answer = () =>
      new Promise((resolve) => {
        isHeld = true;
        release = () => resolve({ kind: 'delivered' });
      });
  });
  await alerts.look();
  expect([ids(), told]).toEqual([['disconnected|adt|ehr'], []]);
  await until(() => isHeld);
  release();
  await until(async () => (await engine.store.depths(0)).destinations.every(({ open }) => open === 0));
  await alerts.look();
  expect(told).toEqual(['cleared disconnected|adt|ehr']);
});

test('a receiver that is still down is not told again, and is told when it comes back', async () => {
  receiver.answer = down;
  await accept('C1');
  await until(() => engine.pipelines.channels[0]?.unreachable.length === 1);
  await alerts.look();
  aheadMs = 1_000;
  await restart();
  await until(() => engine.pipelines.channels[0]?.unreachable.length === 1);
  await alerts.look();
  receiver.answer = () => ({ kind: 'delivered' });
  await until(async () => (await engine.store.depths(0)).destinations.every(({ open }) => open === 0));
  await alerts.look();
  expect(told).toEqual(['cleared disconnected|adt|ehr']);
});

test('a silence is not broken by a restart, but by a message', async () => {
  aheadMs = 11 * 60_000;
  await alerts.look();
  expect(told).toEqual(['raised silence|adt']);
  await restart();
  await alerts.look();
  expect([ids(), told]).toEqual([['silence|adt'], []]);
  aheadMs = 0;
  await accept('C1');
  await alerts.look();
  expect(told).toEqual(['cleared silence|adt']);
});

test('a file that is broken is no reason to watch nothing', async () => {
  aheadMs = 11 * 60_000;
  await alerts.look();
  expect(statSync(join(folder, 'alerts.json')).mode & 0o777).toBe(0o600);
  await stop();
  writeFileSync(join(folder, 'alerts.json'), '{"raised": [{"id"');
  aheadMs = 0;
  told = [];
  await start();
  aheadMs = 11 * 60_000;
  await alerts.look();
  expect(told).toEqual(['raised silence|adt']);
});
