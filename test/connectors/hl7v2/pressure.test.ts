import { afterEach, expect, test } from '@jest/globals';
import type { Logger, Metrics } from '../../../core/ports/index.ts';
import { silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { until } from '../../until.ts';
import { adt, framed, type Listener, listen, plainAcceptance, RawClient, summary, VT } from './listener.ts';

const kilobyte = 1024;
const messageBytesMax = 1024 * kilobyte;
const bufferedBytesMax = 3 * messageBytesMax;
const readBytes = 64 * kilobyte;

let listener: Listener;
let clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await listener.stop(100);
});

function again(): RawClient {
  const client = new RawClient(listener.port);
  clients.push(client);
  return client;
}

/** Keeps the highest value of the gauge of buffered bytes, and what the counters counted. */
function watchedMetrics() {
  let highest = 0;
  let now = 0;
  const counts = new Map<string, number>();
  const metrics: Metrics = {
    ...silentMetrics,
    counter: ({ name }) => ({ add: (n) => counts.set(name, (counts.get(name) ?? 0) + n) }),
    gauge: ({ name }) => ({
      set: (value) => {
        if (name !== 'bithive_hl7v2_buffered_bytes') return;
        now = value;
        highest = Math.max(highest, now);
      },
    }),
  };
  return {
    metrics,
    highest: () => highest,
    now: () => now,
    counted: (name: string) => counts.get(name) ?? 0,
  };
}

const large = (controlId: string): Buffer =>
  framed(`${adt(controlId)}OBX|1|ED|PDF||${'A'.repeat(900 * kilobyte)}\r`);

test('many large messages at once all come through within the memory of the door', async () => {
  const { metrics, highest } = watchedMetrics();
  listener = await listen({ messageBytesMax, bufferedBytesMax, metrics });
  const senders = Array.from({ length: 16 }, again);
  for (const [index, sender] of senders.entries()) {
    const bytes = large(`C${index}`);
    // All have begun before the first one ends.
    sender.send(bytes.subarray(0, 200 * kilobyte));
    setTimeout(() => sender.send(bytes.subarray(200 * kilobyte)), 50);
  }
  const answers = await Promise.all(senders.map((sender) => sender.answered(1)));
  expect(answers.map((answer) => answer.map(summary))).toEqual(senders.map((_, index) => [`AA:C${index}`]));
  expect(highest()).toBeGreaterThan(messageBytesMax);
  expect(highest()).toBeLessThanOrEqual(bufferedBytesMax + senders.length * readBytes);
});

test('unfinished large frames hold up no small message, and give way to one that comes on', async () => {
  const { metrics, highest } = watchedMetrics();
  listener = await listen({ messageBytesMax, bufferedBytesMax, bufferTurnMs: 100, metrics });
  const silent = Array.from({ length: 8 }, again);
  for (const [index, sender] of silent.entries()) {
    sender.send(large(`S${index}`).subarray(0, 500 * kilobyte));
  }
  await until(() => highest() >= messageBytesMax);
  const small = again();
  small.send(framed(adt('C1')));
  expect((await small.answered(1)).map(summary)).toEqual(['AA:C1']);
  const late = again();
  late.send(large('C2'));
  expect((await late.answered(1)).map(summary)).toEqual(['AA:C2']);
  const refused = silent.flatMap(({ answers }) => answers.map((answer) => answer.get('ERR-5.1')));
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused)).toEqual(new Set(['BH_HL7_BUSY']));
});

test('memory of connections that went away is there for others', async () => {
  const { metrics, now } = watchedMetrics();
  listener = await listen({ messageBytesMax, bufferedBytesMax, metrics });
  const leave: ((client: RawClient) => void)[] = [
    (client) => client.socket.end(),
    (client) => client.socket.resetAndDestroy(),
  ];
  for (const leaves of leave) {
    const gone = again();
    gone.send(VT, adt('G1'), 'A'.repeat(700 * kilobyte));
    await until(() => now() >= 500 * kilobyte);
    leaves(gone);
    await until(() => now() === 0);
  }
  const client = again();
  client.send(large('C1'));
  expect((await client.answered(1)).map(summary)).toEqual(['AA:C1']);
});

test('a sender that never reads its answers is not read, and is given up after a while', async () => {
  const lines: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (event) => lines.push(event) };
  const { metrics, counted } = watchedMetrics();
  const relay = Buffer.alloc(1024 * kilobyte, 'x');
  listener = await listen({ logger, metrics, answersUnreadMs: 100 }, async (arrival, id) => ({
    ...plainAcceptance(arrival, id),
    kind: 'relayed',
    answer: Buffer.concat([Buffer.from(`MSH|^~\\&|A|B|C|D|||ACK|1|P|2.5.1\rMSA|AA|C1\rZZZ|`), relay]),
  }));
  const client = again();
  client.socket.pause();
  const other = again();
  for (let count = 0; count < 1000; count++) client.send(framed(adt('C1')));
  await until(() => lines.includes('hl7v2.answers.unread'));
  expect(counted('bithive_hl7v2_connections_given_up_total')).toBe(1);
  expect(listener.arrivals.length).toBeLessThan(1000);
  other.send(framed(adt('C1')));
  expect((await other.answered(1)).length).toBe(1);
});
