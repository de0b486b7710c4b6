import { afterEach, expect, test } from '@jest/globals';
import { messageId } from '../../../core/ids.ts';
import type { Acceptance } from '../../../core/ports/index.ts';
import { until } from '../../until.ts';
import { adt, framed, type Listener, listen, RawClient, summary } from './listener.ts';

let listener: Listener;
let client: RawClient;
afterEach(async () => {
  client.close();
  await listener.stop(100);
});

/** Acceptances that end when the test says so; the commit is told at once. */
async function later(): Promise<((acceptance: Acceptance) => void)[]> {
  const ends: ((acceptance: Acceptance) => void)[] = [];
  listener = await listen({ ack: 'delivered' }, (_, __, stored) => {
    stored();
    return new Promise((resolve) => ends.push(resolve));
  });
  client = new RawClient(listener.port);
  return ends;
}

const accepted: Acceptance = { kind: 'accepted', id: messageId(1), duplicate: false };

test('enhanced mode with a later moment: CA when stored, the application answers in order when known', async () => {
  const ends = await later();
  client.send(framed(adt('C1', '|||AL|AL')), framed(adt('C2', '|||AL|AL')));
  expect((await client.answered(2)).map(summary)).toEqual(['CA:C1', 'CA:C2']);
  const error = { code: 'BH_MAP_FAILED', detail: 'no' };
  ends[1]!({ kind: 'refused', id: messageId(2), duplicate: false, error });
  ends[0]!(accepted);
  expect((await client.answered(4)).map(summary).slice(2)).toEqual(['AA:C1', 'AE:C2:207']);
});

test('original mode with a later moment has one answer, then', async () => {
  const ends = await later();
  client.send(framed(adt('C1')));
  await until(() => ends.length > 0);
  expect(client.answers).toEqual([]);
  ends[0]!(accepted);
  expect((await client.answered(1)).map(summary)).toEqual(['AA:C1']);
});

test('a relayed answer goes on as it is, or is said again when it names another message', async () => {
  const ends = await later();
  const answer = (controlId: string): Uint8Array =>
    Buffer.from(
      `MSH|^~\\&|RIS|H|HIS|H|1||ACK|R7|P|2.5.1\rMSA|AE|${controlId}\rERR|||101^Missing^HL70357|E\r`,
    );
  const relayed = (bytes: Uint8Array): Acceptance => ({
    kind: 'relayed',
    id: messageId(1),
    duplicate: false,
    answer: bytes,
  });
  client.send(framed(adt('C1')), framed(adt('C2')), framed(adt('C3')));
  await until(() => ends.length === 3);
  ends[0]!(relayed(answer('C1')));
  ends[1]!(relayed(answer('X9')));
  ends[2]!(relayed(Buffer.from('{}')));
  const answers = await client.answered(3);
  expect(answers.map(summary)).toEqual(['AE:C1:101', 'AE:C2:207', 'AE:C3:207']);
  expect(answers[0]!.get('MSH-10')).toBe('R7');
});

test('a sender that pipelines more than may be in flight is answered in full', async () => {
  let inFlight = 0;
  let most = 0;
  listener = await listen({ framesInFlightMax: 4 }, async (_, id) => {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight--;
    return { kind: 'accepted', id: messageId(id), duplicate: false };
  });
  client = new RawClient(listener.port);
  const ids = Array.from({ length: 500 }, (_, n) => `C${n}`);
  client.send(...ids.map((id) => framed(adt(id))));
  expect((await client.answered(500)).map(summary)).toEqual(ids.map((id) => `AA:${id}`));
  expect(most).toBe(4);
});
