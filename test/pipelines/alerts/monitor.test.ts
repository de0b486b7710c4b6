import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import { type Store, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { AlertMonitor } from '../../../pipelines/alerts/monitor.ts';
import { systemClock } from '../../../platform/clock.ts';
import { postAlert } from '../../../server/compose/post-alert.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
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
alerts: { silenceMinutes: 10, queueMinutes: 5 }
to:
  - test: { name: ehr, target: "test:ehr", takes: "*", retry: { firstMs: 1, maxMs: 5 } }
`;

let engine: TestEngine;
let receiver: ScriptedReceiver;
let webhook: Server;
/** What the webhook was posted, as `raised silence|adt`. */
let told: string[];
let aheadMs: number;
let storeAsSeen: Store;

beforeEach(async () => {
  told = [];
  aheadMs = 0;
  webhook = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      const { change, alert } = JSON.parse(body) as { change: string; alert: { id: string } };
      told.push(`${change} ${alert.id}`);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  receiver = new ScriptedReceiver();
  engine = await startTestEngine([channel], { receivers: new Map([['test:ehr', receiver]]) });
  storeAsSeen = engine.store;
});

afterEach(async () => {
  webhook.close();
  await engine.stop();
  await engine.destroy();
});

function monitor(): AlertMonitor {
  return new AlertMonitor({
    store: withFaults(engine.store, {
      health: () => storeAsSeen.health(),
      depths: (nowMs) => storeAsSeen.depths(nowMs),
      searchMessages: (query) => storeAsSeen.searchMessages(query),
    }),
    clock: { ...systemClock, nowMs: () => Date.now() + aheadMs },
    logger: silentLogger,
    metrics: silentMetrics,
    channels: () => engine.pipelines.channels,
    notify: postAlert(`http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`),
    defaults: { silenceMinutes: 0, queueMinutes: 0, deadLetters: 1 },
    everyMs: 1_000_000,
  });
}

const minutes = (count: number) => count * 60_000;
const door = () => engine.doors.get('adt') as TestDoor;

describe('each alert is told once when it begins and once when it ends', () => {
  test('silence: counted from the start of the engine, ended by a message', async () => {
    const alerts = monitor();
    aheadMs = minutes(9);
    await alerts.look();
    expect(told).toEqual([]);
    aheadMs = minutes(10);
    await alerts.look();
    await alerts.look();
    expect(told).toEqual(['raised silence|adt']);
    await door().accept(hl7Arrival('C1', 'P1'));
    await until(
      async () => (await engine.store.searchDeliveries({ state: 'delivered', limit: 1 })).length === 1,
    );
    aheadMs = minutes(9);
    await alerts.look();
    expect(told).toEqual(['raised silence|adt', 'cleared silence|adt']);
    expect(alerts.active).toEqual([]);
  });

  test('a receiver that is down: disconnected, then a queue that is too old; both end when it is back', async () => {
    const alerts = monitor();
    receiver.answer = () => ({ kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE', detail: 'down' } });
    await door().accept(hl7Arrival('C1', 'P1'));
    await until(() => receiver.sent.length >= 3);
    await until(() => engine.pipelines.channels[0]?.unreachable.length === 1);
    await alerts.look();
    aheadMs = minutes(6);
    await alerts.look();
    expect(told).toEqual(['raised disconnected|adt|ehr', 'raised queue-age|adt|ehr']);
    receiver.answer = () => ({ kind: 'delivered' });
    await until(async () => (await engine.store.depths(0)).destinations.every(({ open }) => open === 0));
    await alerts.look();
    expect(told.slice(2).sort()).toEqual(['cleared disconnected|adt|ehr', 'cleared queue-age|adt|ehr']);
  });

  test('dead letters: ended when the operator has dealt with them', async () => {
    const alerts = monitor();
    receiver.answer = () => ({ kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED', detail: '422' } });
    await door().accept(hl7Arrival('C1', 'P1'));
    const dead = async () => (await engine.store.searchDeliveries({ state: 'dead', limit: 1 }))[0];
    await until(async () => (await dead()) !== undefined);
    await alerts.look();
    await engine.store.resolveDelivery((await dead())?.id as never, 'cancel', Date.now());
    await alerts.look();
    expect(told).toEqual(['raised dead-letters|adt|ehr', 'cleared dead-letters|adt|ehr']);
  });

  test('a channel whose messages are accepted and not processed', async () => {
    const alerts = monitor();
    const waiting = { channel: 'adt', received: 3, oldestReceivedAtMs: Date.now() - minutes(6) };
    storeAsSeen = withFaults(engine.store, {
      depths: async () => ({ channels: [waiting], destinations: [] }),
    });
    await alerts.look();
    storeAsSeen = engine.store;
    await alerts.look();
    expect(told).toEqual(['raised queue-age|adt', 'cleared queue-age|adt']);
  });

  test('a store that can neither write nor be read is told, and nothing else ends by that', async () => {
    const alerts = monitor();
    aheadMs = minutes(11);
    await alerts.look();
    const broken = (): never => {
      throw new BitHiveError('BH_STORE_IO', 'the store is recovering or closed');
    };
    const health = { accepting: false, engine: 'test', version: '1', reason: 'recovering' };
    storeAsSeen = withFaults(engine.store, {
      health: async () => health,
      depths: async () => broken(),
      searchMessages: async () => broken(),
    });
    await alerts.look();
    storeAsSeen = engine.store;
    await alerts.look();
    expect(told).toEqual(['raised silence|adt', 'raised store', 'cleared store']);
    expect(alerts.active.map(({ id }) => id)).toEqual(['silence|adt']);
  });

  test('a webhook that fails does not stop the watch', async () => {
    const alerts = monitor();
    webhook.removeAllListeners('request');
    webhook.on('request', (_request, response) => response.writeHead(500).end());
    aheadMs = minutes(11);
    await alerts.look();
    expect(alerts.active.map(({ id }) => id)).toEqual(['silence|adt']);
  });
});
