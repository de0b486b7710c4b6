import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import type { Arrival } from '../../../core/message.ts';
import type { Logger } from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { adt, framed, type Listener, listen, plainAcceptance, RawClient, summary, VT } from './listener.ts';

let listener: Listener;
let client: RawClient;
const folders: string[] = [];
afterEach(async () => {
  client.close();
  await listener.stop(100);
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

test('a large body is in the blob store before it is accepted, and nothing overtakes it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-mllp-'));
  folders.push(folder);
  const blobs = await openFolderBlobs({ folder, diskFreeBytesMin: 0 });
  const bodies: Arrival['body'][] = [];
  listener = await listen({ blobs }, async (arrival, id) => {
    bodies.push(arrival.body);
    if (arrival.body.kind === 'blob') expect(await blobs.has(arrival.body.hash)).toBe(true);
    return plainAcceptance(arrival, id);
  });
  client = new RawClient(listener.port);
  const large = `${adt('C2')}OBX|1|ED|PDF||${'A'.repeat(300_000)}\r`;
  client.send(
    framed(adt('C1')),
    framed(large),
    framed(adt('C3')),
    framed(large.replace('C2', 'C4')),
    framed(adt('C5')),
  );
  expect((await client.answered(5)).map(summary)).toEqual(['AA:C1', 'AA:C2', 'AA:C3', 'AA:C4', 'AA:C5']);
  expect(bodies.map((body) => body.kind)).toEqual(['inline', 'blob', 'inline', 'blob', 'inline']);
  const stored = bodies[1]!;
  expect(stored.kind === 'blob' && Buffer.from(large).equals(await blobs.read(stored.hash))).toBe(true);
});

test('a large message is answered like a small one after its body was let go', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-mllp-'));
  folders.push(folder);
  const blobs = await openFolderBlobs({ folder, diskFreeBytesMin: 0 });
  listener = await listen({ blobs });
  client = new RawClient(listener.port);
  const large = (controlId: string, more: string): Buffer =>
    Buffer.from(`${adt(controlId, more)}OBX|1|ED|PDF||${'A'.repeat(300_000)}\xe9\r`, 'latin1');
  client.send(
    framed(large('C1', '||||||UNICODE UTF-8')),
    framed(large('C2', '|||AL|AL||8859/1')),
    framed(large('', '')),
  );
  const answers = await client.answered(4);
  expect(answers.map(summary)).toEqual(['AA:C1:102', 'CA:C2', 'AA:C2', 'AE::101']);
  expect(listener.arrivals.map(({ searchKeys }) => searchKeys.find(([name]) => name === 'mrn')?.[1])).toEqual(
    ['77', '77', '77'],
  );
});

test('a full disk under a large body is told to its sender, and the next message is taken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-mllp-'));
  folders.push(folder);
  const blobs = await openFolderBlobs({ folder, diskFreeBytesMin: Number.MAX_SAFE_INTEGER });
  listener = await listen({ blobs });
  client = new RawClient(listener.port);
  client.send(framed(`${adt('C1')}OBX|1|ED|PDF||${'A'.repeat(300_000)}\r`), framed(adt('C2')));
  expect((await client.answered(2)).map(summary)).toEqual(['AE:C1:207', 'AA:C2']);
});

test('an enhanced message that is refused gets no positive commit, although the runtime says that it is stored', async () => {
  listener = await listen({}, async (arrival, id, stored) => {
    stored();
    return plainAcceptance(arrival, id);
  });
  client = new RawClient(listener.port);
  client.send(framed(adt('', '|||AL|AL')), framed(adt('C2', '|||AL|AL')));
  expect((await client.answered(3)).map(summary)).toEqual(['CE::101', 'CA:C2', 'AA:C2']);
});

test('nothing of a patient is logged, whatever goes wrong', async () => {
  const lines: string[] = [];
  const log = (...parts: unknown[]): void => {
    lines.push(JSON.stringify(parts));
  };
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  listener = await listen({ logger, frameIdleMs: 50, endQuietMs: 10 }, async (arrival, id) => {
    if (arrival.searchKeys.some(([, value]) => value === 'C9')) throw new BitHiveError('BH_STORE_IO', 'no');
    return plainAcceptance(arrival, id);
  });
  client = new RawClient(listener.port);
  client.send(VT, adt('C1'), framed(adt('')), framed(adt('C9')), VT, adt('C3'), '\x1cz');
  await client.answered(4);
  client.send(VT, adt('C4'));
  await client.until(() => client.isClosed);
  expect(lines.length).toBeGreaterThanOrEqual(4);
  expect(lines.join('\n')).not.toMatch(/Doe|Jane|77|V1/);
});
