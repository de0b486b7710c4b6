import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import HL7 from 'hl7-standard';
import { Client, Message as ClientMessage } from 'node-hl7-client';
import { Server } from 'node-hl7-server';
import { createMllpDestination } from '../../../connectors/hl7v2/index.ts';
import type { LeasedDelivery } from '../../../core/delivery.ts';
import { deliveryId, messageId } from '../../../core/ids.ts';
import { silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { adt, listen } from './listener.ts';
import { systemClock } from './ports.ts';

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

test('node-hl7-client sends to our listener and understands the answers', async () => {
  const listener = await listen();
  cleanUps.push(() => listener.stop());
  const client = new Client({ host: '127.0.0.1' });
  const answers: string[] = [];
  let wake = (): void => {};
  const connection = client.createConnection({ port: listener.port }, async (response) => {
    const message = response.getMessage();
    answers.push(`${message.get('MSA.1').toString()}:${message.get('MSA.2').toString()}`);
    wake();
  });
  cleanUps.push(() => connection.close());
  await once(connection, 'connect');
  for (let n = 1; n <= 5; n++) {
    const answered = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await connection.sendMessage(new ClientMessage({ text: adt(`C${n}`) }));
    await answered;
  }
  expect(answers).toEqual(['AA:C1', 'AA:C2', 'AA:C3', 'AA:C4', 'AA:C5']);
  expect(listener.arrivals.map((arrival) => arrival.type)).toEqual(Array(5).fill('ADT^A04'));
});

test('node-hl7-server, which answers earlier messages again, never makes a delivery look done that is not', async () => {
  const inbound = new Server({ bindAddress: '127.0.0.1' }).createInbound({ port: 0 }, async (_, response) => {
    await response.sendResponse('AA');
  });
  cleanUps.push(() => inbound.close());
  await once(inbound, 'listen');
  // It takes a free port and does not say which: its socket does.
  const { port } = (inbound as unknown as { _socket: NetServer })._socket.address() as AddressInfo;
  const to = createMllpDestination({
    name: 'bad',
    host: '127.0.0.1',
    port,
    clock: systemClock,
    logger: silentLogger,
    metrics: silentMetrics,
  });
  cleanUps.push(() => to.close());
  for (let n = 1; n <= 6; n++) {
    const outcome = await to.send(delivery(`C${n}`), new AbortController().signal);
    // It repeats answers to old messages on a kept connection: each delivery is either proved by its own MSA-2, or unknown.
    expect(['delivered', 'unknown']).toContain(outcome.kind);
    if (outcome.kind === 'delivered') expect(outcome.answer!.searchKeys).toEqual([['control-id', `C${n}`]]);
  }
});

const delivery = (controlId: string): LeasedDelivery =>
  ({
    id: deliveryId(1),
    messageId: messageId(1),
    body: { kind: 'inline', bytes: Buffer.from(adt(controlId)) },
  }) as unknown as LeasedDelivery;

const samples = join(import.meta.dirname, '../../../../shared/data/hl7v2-samples');
const hasShared = existsSync(samples);

describe('hl7-standard as a differential parser', () => {
  (hasShared ? test : test.skip)('reads the same values where it can read the sample', () => {
    let compared = 0;
    for (const name of readdirSync(samples).filter((file) => file.endsWith('.hl7'))) {
      const bytes = readFileSync(join(samples, name));
      // It knows the standard separators, one kind of line end and no escapes: what it gets wrong by that is left out.
      const text = bytes.toString('utf8').replace(/\r\n?/g, '\n');
      if (!text.startsWith('MSH|^~\\&|')) continue;
      const peer = readPeer(text);
      if (peer === null) continue;
      const ours = parseMessage(bytes);
      for (const [segment, field] of [
        ['PID', 7],
        ['PID', 8],
        ['PV1', 2],
        ['MSH', 10],
        ['MSH', 12],
      ] as const) {
        const theirs = peer.get(`${segment}.${field}`);
        const own = ours.first(segment)?.raw(field, 1) ?? '';
        if (typeof theirs !== 'string' || own.includes('\\')) continue;
        expect([name, segment, field, own]).toEqual([name, segment, field, theirs]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(300);
  });
});

function readPeer(text: string): HL7 | null {
  const peer = new HL7(text, { lineEndings: '\n' });
  let failure: unknown;
  try {
    peer.transform((error) => {
      failure = error;
    });
  } catch (error) {
    failure = error;
  }
  return failure ? null : peer;
}
