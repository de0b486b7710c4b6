import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  createMllpDestination,
  frameMessage,
  type MllpDestinationOptions,
  MllpFramer,
} from '../../../connectors/hl7v2/index.ts';
import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import { deliveryId, messageId } from '../../../core/ids.ts';
import { type Destination, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { adt, listen } from './listener.ts';
import { systemClock } from './ports.ts';

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

type Behave = (socket: Socket, controlId: string, nth: number) => void;

/** A receiver that does what the test says with each frame that it gets. */
async function receiver(
  behave: Behave,
): Promise<{ port: number; connections: () => number; received: string[] }> {
  let connections = 0;
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    const framer = new MllpFramer(1e6);
    socket.on('data', (chunk: Buffer) => {
      framer.push(chunk);
      for (let event = framer.next(); event !== null; event = framer.next()) {
        const controlId = parseMessage(event.bytes).get('MSH-10');
        received.push(controlId);
        behave(socket, controlId, received.length);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, connections: () => connections, received };
}

const ack = (code: string, controlId: string, err = ''): Uint8Array =>
  frameMessage(
    Buffer.from(`MSH|^~\\&|R|H|S|H|20261122||ACK^A04^ACK|R1|P|2.5.1\rMSA|${code}|${controlId}\r${err}`),
  );

const answering =
  (code: string, err = ''): Behave =>
  (socket, controlId) =>
    socket.write(ack(code, controlId, err));

function destination(port: number, options: Partial<MllpDestinationOptions> = {}): Destination {
  const made = createMllpDestination({
    name: 'ris',
    host: '127.0.0.1',
    port,
    clock: systemClock,
    logger: silentLogger,
    metrics: silentMetrics,
    ...options,
  });
  cleanUps.push(() => made.close());
  return made;
}

const delivery = (text: string): LeasedDelivery => ({
  id: deliveryId(1),
  messageId: messageId(1),
  channel: 'c',
  channelVersion: 1,
  state: 'leased',
  attempts: 1,
  createdAtMs: 0,
  destination: 'ris',
  lanes: [],
  priority: 0,
  dueAtMs: 0,
  expiresAtMs: 0,
  contentType: 'x-application/hl7-v2+er7',
  body: { kind: 'inline', bytes: Buffer.from(text) },
  leaseOwner: 'o',
  leaseEpoch: 1,
  leaseUntilMs: 0,
});

const never = new AbortController().signal;
const send = (to: Destination, text: string): Promise<DeliveryOutcome> => to.send(delivery(text), never);
const codeOf = (outcome: DeliveryOutcome): string =>
  outcome.kind === 'delivered' ? outcome.kind : `${outcome.kind} ${outcome.error.code}`;

describe('the MLLP sender', () => {
  test('delivers on one kept connection and gives the answer as an arrival', async () => {
    const { port, connections } = await receiver(answering('AA'));
    const to = destination(port);
    const first = await send(to, adt('C1'));
    expect(codeOf(await send(to, adt('C2')))).toBe('delivered');
    expect(connections()).toBe(1);
    expect(first).toMatchObject({
      kind: 'delivered',
      answer: { kind: 'answer', type: 'ACK^A04', sender: 'ris', searchKeys: [['control-id', 'C1']] },
    });
  });

  test.each([
    ['AE', '', 'dead BH_DELIVERY_REFUSED'],
    ['AE', 'ERR|||101^Required^HL70357|E\r', 'dead BH_DELIVERY_REFUSED'],
    ['AE', 'ERR|||207^Internal^HL70357|E\r', 'retry BH_DELIVERY_BUSY'],
    ['CE', 'ERR|^^^207&Internal&HL70357\r', 'retry BH_DELIVERY_BUSY'],
    ['AR', 'ERR|||207^Internal^HL70357|E\r', 'dead BH_DELIVERY_REFUSED'],
    ['CR', '', 'dead BH_DELIVERY_REFUSED'],
    ['CA', '', 'delivered'],
  ])('%s with "%s": %s', async (code, err, expected) => {
    const { port, connections } = await receiver(answering(code, err));
    const to = destination(port);
    expect(codeOf(await send(to, adt('C1')))).toBe(expected);
    await send(to, adt('C2'));
    expect(connections()).toBe(1);
  });

  test('a site can choose that every negative answer is repeated', async () => {
    const { port } = await receiver(answering('AR'));
    const outcome = await send(destination(port, { negativeAnswer: 'retry' }), adt('C1'));
    expect(codeOf(outcome)).toBe('retry BH_DELIVERY_BUSY');
  });

  test('nobody listens: retry', async () => {
    const { port } = await receiver(answering('AA'));
    await cleanUps.pop()!();
    expect(codeOf(await send(destination(port), adt('C1')))).toBe('retry BH_DELIVERY_UNREACHABLE');
  });

  test('a late answer after the time-out is not taken for that of the next message', async () => {
    let late = (): void => {};
    const { port, connections } = await receiver((socket, controlId, nth) => {
      if (nth === 1) late = () => socket.write(ack('AA', controlId));
      else if (nth === 2) socket.write(ack('AE', controlId));
    });
    const to = destination(port, { answerMs: 60 });
    expect(codeOf(await send(to, adt('C1')))).toBe('unknown BH_DELIVERY_UNKNOWN');
    late();
    const patient = destination(port);
    expect(codeOf(await send(patient, adt('C2')))).toBe('dead BH_DELIVERY_REFUSED');
    expect(codeOf(await send(to, adt('C3')))).toBe('unknown BH_DELIVERY_UNKNOWN');
    expect(connections()).toBe(3);
  });

  test.each<[string, Behave]>([
    ['an answer to another message', (socket) => socket.write(ack('AA', 'OTHER'))],
    [
      'an answer without MSA',
      (socket) => socket.write(frameMessage(Buffer.from('MSH|^~\\&|R||S||1||ACK|1|P|2.5\r'))),
    ],
    ['a code that no table has', (socket, controlId) => socket.write(ack('OK', controlId))],
    ['garbage', (socket) => socket.write('200 OK\r\n')],
    ['a frame of garbage', (socket) => socket.write(frameMessage(Buffer.from('OK')))],
    ['two MSA', (socket, controlId) => socket.write(ack('AA', controlId, `MSA|AE|${controlId}\r`))],
    ['a closed connection', (socket) => socket.end()],
    ['a reset connection', (socket) => socket.resetAndDestroy()],
    ['half an answer', (socket, controlId) => socket.end(ack('AA', controlId).subarray(0, 20))],
  ])('%s: unknown, and the connection is not used again', async (_, behave) => {
    const { port, connections } = await receiver((socket, controlId, nth) => {
      if (nth === 1) behave(socket, controlId, nth);
      else socket.write(ack('AA', controlId));
    });
    const to = destination(port);
    expect(codeOf(await send(to, adt('C1')))).toBe('unknown BH_DELIVERY_UNKNOWN');
    expect(codeOf(await send(to, adt('C2')))).toBe('delivered');
    expect(connections()).toBe(2);
  });

  test('an answer that nothing asked for closes the connection', async () => {
    let volunteer: () => Promise<unknown> = async () => undefined;
    const { port, connections } = await receiver((socket, controlId, nth) => {
      socket.write(ack('AA', controlId));
      if (nth !== 1) return;
      volunteer = () => {
        socket.write(ack('AA', 'C2'));
        return once(socket, 'close');
      };
    });
    const to = destination(port);
    await send(to, adt('C1'));
    await volunteer();
    expect(codeOf(await send(to, adt('C2')))).toBe('delivered');
    expect(connections()).toBe(2);
  });

  test('an answer whose end block lacks its CR is read after a silence', async () => {
    const { port } = await receiver((socket, controlId) =>
      socket.write(ack('AA', controlId).subarray(0, -1)),
    );
    expect(codeOf(await send(destination(port), adt('C1')))).toBe('delivered');
  });

  test('after CA the application decides where it is awaited', async () => {
    const { port } = await receiver((socket, controlId) => {
      socket.write(Buffer.concat([ack('CA', controlId), ack('AE', controlId)]));
    });
    const to = destination(port, { awaitsApplication: true });
    expect(codeOf(await send(to, adt('C1', '|||AL|AL')))).toBe('dead BH_DELIVERY_REFUSED');
    expect(codeOf(await send(to, adt('C2', '|||AL|AL')))).toBe('dead BH_DELIVERY_REFUSED');
  });

  test.each([
    ['no HL7', 'HELLO', 'dead BH_HL7_NOT_HL7'],
    ['no control id', adt(''), 'dead BH_HL7_CONTROL_ID_MISSING'],
    ['a framing byte', adt('C1').replace('Doe', 'D\x1coe'), 'dead BH_HL7_FRAME_BROKEN'],
  ])('%s is never sent', async (_, text, expected) => {
    const { port, received } = await receiver(answering('AA'));
    expect(codeOf(await send(destination(port), text))).toBe(expected);
    expect(received).toEqual([]);
  });

  test('stopped before the answer: unknown; stopped before the send: retry', async () => {
    const stop = new AbortController();
    const { port } = await receiver(() => stop.abort());
    const to = destination(port);
    const sent = to.send(delivery(adt('C1')), stop.signal);
    expect(codeOf(await sent)).toBe('unknown BH_DELIVERY_UNKNOWN');
    expect(codeOf(await to.send(delivery(adt('C2')), stop.signal))).toBe('retry BH_STOPPING');
  });

  test('a large message reaches our own listener whole', async () => {
    const listener = await listen();
    cleanUps.push(() => listener.stop());
    const text = `${adt('C1')}OBX|1|ED|PDF||${'A'.repeat(5_000_000)}\r`;
    expect(codeOf(await send(destination(listener.port), text))).toBe('delivered');
    const { body } = listener.arrivals[0]!;
    expect(body.kind === 'inline' && Buffer.from(text).equals(body.bytes)).toBe(true);
  });
});
