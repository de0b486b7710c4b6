import { afterEach, describe, expect, test } from '@jest/globals';
import { writeAssociateRq } from '../../../connectors/dimse/upper-layer/associate-pdu.ts';
import { BitHiveError } from '../../../core/errors.ts';
import type { Accept, Metrics } from '../../../core/ports/index.ts';
import { silentMetrics } from '../../../core/ports/index.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
import { memoryAccept } from '../dicomweb/stow-setup.ts';
import { type Node, startNode } from './node-setup.ts';
import {
  commandOf,
  ctContext,
  dataSetOf,
  echoContext,
  echoRq,
  pdataOf,
  RawPeer,
  requestOf,
  storeOf,
  storeRq,
} from './raw-peer.ts';

/** What the engine answers to which input at its DIMSE door. */
const nodes: Node[] = [];
const peers: RawPeer[] = [];
const node: typeof startNode = async (...args) => {
  const started = await startNode(...args);
  nodes.push(started);
  return started;
};
const associate: typeof RawPeer.associate = async (port, changed) => {
  const [peer, answer] = await RawPeer.associate(port, changed);
  peers.push(peer);
  return [peer, answer];
};
const connected = async (port: number): Promise<RawPeer> => {
  const peer = await RawPeer.connect(port);
  peers.push(peer);
  return peer;
};
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  for (const one of nodes.splice(0)) await one.close();
});

const good = dataSetOf({ pixels: Buffer.from('pixels') });
const head = (type: number, bytesCount: number): Buffer => {
  const bytes = Buffer.from([type, 0, 0, 0, 0, 0]);
  bytes.writeUInt32BE(bytesCount, 2);
  return bytes;
};

describe('an association', () => {
  test.each([
    ['an unknown called AE', { calledAe: 'SOMEBODY' }, '3 0 1 1 7'],
    ['an unknown calling AE', { callingAe: 'STRANGER' }, '3 0 1 1 3'],
    ['another application context', { applicationContext: '1.2.3' }, '3 0 1 1 2'],
  ])('%s: rejected for good', async (_, changed, words) => {
    const { port } = await node({ callingAes: ['MODALITY'] });
    const peer = await connected(port);
    peer.send(writeAssociateRq(requestOf(changed)));
    expect([await peer.words(), await peer.words()]).toEqual([words, 'end']);
  });

  test('of a known AE: accepted, both contexts', async () => {
    const { port } = await node({ callingAes: ['MODALITY'] });
    const [, answer] = await associate(port, { calledAe: ' BITHIVE ' });
    expect(answer.contexts.map(({ id, result }) => [id, result])).toEqual([
      [1, 0],
      [3, 0],
    ]);
    expect(answer.user).toMatchObject({ pduBytesMax: 131_072, implementationVersionName: 'BITHIVE' });
  });

  test('no acceptable presentation context: accepted with each rejected', async () => {
    const { port } = await node();
    const [, answer] = await associate(port, {
      contexts: [
        { ...ctContext, abstractSyntax: '1.2.840.10008.5.1.4.1.2.2.1' },
        { ...echoContext, transferSyntaxes: ['1.2.840.10008.1.2.4.50', '1.2.3'] },
      ],
    });
    expect(answer.contexts.map(({ result }) => result)).toEqual([3, 4]);
  });

  test('one more than the limit: rejected for now', async () => {
    const { port } = await node({ associationsMax: 1 });
    await associate(port);
    const peer = await connected(port);
    peer.send(writeAssociateRq(requestOf()));
    expect(await peer.words()).toBe('3 0 2 3 2');
  });

  test('none within the ARTIM time: A-ABORT, closed', async () => {
    const { port } = await node({ artimMs: 100 });
    const peer = await connected(port);
    peer.send(writeAssociateRq(requestOf()).subarray(0, 30));
    expect([await peer.words(), await peer.words()]).toEqual(['7 0 0 2 0', 'end']);
  });

  test('nothing asked for longer than the idle time: A-ABORT, closed', async () => {
    const { port } = await node({ idleMs: 100 });
    const [peer] = await associate(port);
    expect([await peer.words(), await peer.words()]).toEqual(['7 0 0 2 0', 'end']);
  });

  test('released: answered, closed', async () => {
    const { port } = await node();
    const [peer] = await associate(port);
    peer.send(Buffer.concat([head(5, 4), Buffer.alloc(4)]));
    expect([await peer.words(), await peer.words()]).toEqual(['6 0 0 0 0', 'end']);
  });

  test('C-ECHO, byte by byte: 0000H', async () => {
    const { port } = await node();
    const peer = await connected(port);
    await peer.trickle(writeAssociateRq(requestOf()));
    expect((await peer.next())?.type).toBe(2);
    await peer.trickle(commandOf(3, echoRq));
    expect(await peer.answer()).toMatchObject({ commandField: 0x8030, respondedTo: 9, status: 0 });
  });

  test('a request that nobody serves: 0211H, and the association goes on', async () => {
    const { port } = await node();
    const [peer] = await associate(port);
    peer.send(commandOf(1, storeRq({ commandField: 0x0020, hasDataSet: true })));
    peer.send(pdataOf(1, false, true, good));
    expect(await peer.answer()).toMatchObject({ commandField: 0x8020, status: 0x0211 });
    peer.send(commandOf(3, echoRq));
    expect((await peer.answer()).status).toBe(0);
  });
});

describe('what breaks the protocol: A-ABORT with the reason, closed', () => {
  const abort = (reason: number): string[] => [`7 0 0 2 ${reason}`, 'end'];

  test.each([
    ['an unknown PDU type', head(0x47, 8), 1],
    ['data before an association', pdataOf(1, true, true, Buffer.alloc(8)), 2],
    ['a release before an association', Buffer.concat([head(5, 4), Buffer.alloc(4)]), 2],
    ['a request that claims four gigabytes', head(1, 0xffff_ffff), 6],
    ['a request too short for its titles', Buffer.concat([head(1, 8), Buffer.alloc(8)]), 6],
    ['a context with an even id', writeAssociateRq(requestOf({ contexts: [{ ...ctContext, id: 2 }] })), 6],
    ['two contexts with one id', writeAssociateRq(requestOf({ contexts: [ctContext, ctContext] })), 6],
  ])('first %s', async (_, bytes, reason) => {
    const { port } = await node();
    const peer = await connected(port);
    peer.send(bytes);
    expect([await peer.words(), await peer.words()]).toEqual(abort(reason));
  });

  test.each([
    ['a PDU that claims four gigabytes', head(4, 0xffff_ffff), 6],
    ['a PDU one byte over what was declared', head(4, 131_073), 6],
    ['an unknown PDU type', head(9, 4), 1],
    ['another association request', writeAssociateRq(requestOf()), 2],
    ['an answer to one', Buffer.concat([head(3, 4), Buffer.from([0, 1, 1, 1])]), 2],
    ['an empty data PDU', head(4, 0), 6],
    ['a value longer than its PDU', Buffer.concat([head(4, 8), Buffer.from([0, 0, 1, 0, 1, 3, 0, 0])]), 6],
    ['a value of no length', Buffer.concat([head(4, 6), Buffer.from([0, 0, 0, 0, 1, 3])]), 6],
    ['a context that was not agreed', commandOf(99, echoRq), 6],
    ['a data set without its command', pdataOf(1, false, true, good), 6],
    ['a command set that is none', pdataOf(1, true, true, Buffer.from('no command')), 6],
    ['a command without its field', pdataOf(1, true, true, Buffer.alloc(0)), 6],
    [
      'a command within a data set',
      Buffer.concat([commandOf(1, storeRq()), pdataOf(1, false, false, good), commandOf(3, echoRq)]),
      6,
    ],
    [
      'a release within a data set',
      Buffer.concat([commandOf(1, storeRq()), pdataOf(1, false, false, good), head(5, 4), Buffer.alloc(4)]),
      2,
    ],
  ])('then %s', async (_, bytes, reason) => {
    const { port, leftovers, arrivals } = await node();
    const [peer] = await associate(port);
    peer.send(bytes);
    expect([await peer.words(), await peer.words()]).toEqual(abort(reason));
    expect([await leftovers(), arrivals]).toEqual([[], []]);
  });
});

describe('C-STORE', () => {
  const failing =
    (code: 'BH_STORE_FULL' | 'BH_STORE_IO'): Accept =>
    async () => {
      throw new BitHiveError(code, 'test');
    };

  test('0000H, but only once it is durable', async () => {
    const arrivals: Parameters<typeof memoryAccept>[0] = [];
    const remember = memoryAccept(arrivals);
    let commit = (): void => {};
    const committed = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const one = await node({}, async (arrival) => {
      await committed;
      return remember(arrival);
    });
    const [peer] = await associate(one.port);
    peer.send(storeOf(good));
    // What is asked on another association is answered meanwhile; the instance is not.
    const [other] = await associate(one.port);
    other.send(commandOf(3, echoRq));
    await other.answer();
    expect(peer.pdus).toHaveLength(1);
    commit();
    expect(await peer.answer()).toMatchObject({
      commandField: 0x8001,
      respondedTo: 7,
      status: 0,
      affectedSopInstanceUid: '1.2.3.4',
    });
    expect(arrivals[0]).toMatchObject({
      kind: 'dicom',
      sender: 'MODALITY',
      facts: { sopInstanceUid: '1.2.3.4', transferSyntaxUid: '1.2.840.10008.1.2.1', modality: 'CT' },
    });
  });

  test('the stored file: our head, then the data set as it came', async () => {
    const one = await node();
    const [peer] = await associate(one.port);
    peer.send(storeOf(good));
    await peer.answer();
    const file = await one.bytesOf(one.arrivals[0]);
    expect(file.subarray(144 + file.readUInt32LE(140))).toEqual(good);
    expect(file.toString('latin1', 0, 400)).toContain('MODALITY');
  });

  test.each([1, 3, 50])('in values of %i bytes, several in a PDU', async (size) => {
    const one = await node();
    const [peer] = await associate(one.port);
    const values = Array.from({ length: Math.ceil(good.length / size) }, (_, at) =>
      pdataOf(1, false, (at + 1) * size >= good.length, good.subarray(at * size, (at + 1) * size)).subarray(
        6,
      ),
    );
    const together = Buffer.concat(values);
    peer.send(Buffer.concat([commandOf(1, storeRq()), head(4, together.length), together]));
    expect((await peer.answer()).status).toBe(0);
    expect((await one.bytesOf(one.arrivals[0])).subarray(-good.length)).toEqual(good);
  });

  test('byte by byte', async () => {
    const one = await node();
    const [peer] = await associate(one.port);
    await peer.trickle(storeOf(good));
    expect((await peer.answer()).status).toBe(0);
    expect((await one.bytesOf(one.arrivals[0])).subarray(-good.length)).toEqual(good);
  });

  test('again, from another AE: 0000H, taken once; the same name with other content: kept', async () => {
    const one = await node();
    for (const callingAe of ['MODALITY', 'PACS']) {
      const [peer] = await associate(one.port, { callingAe });
      peer.send(storeOf(good));
      expect((await peer.answer()).status).toBe(0);
    }
    expect(one.arrivals).toHaveLength(1);
    const [peer] = await associate(one.port);
    peer.send(storeOf(dataSetOf({ pixels: Buffer.from('others') })));
    expect((await peer.answer()).status).toBe(0);
    expect(one.arrivals).toHaveLength(2);
  });

  test.each([
    [
      'a data set of another SOP class',
      storeOf(good, storeRq({ affectedSopClassUid: '1.2.3' })),
      'BH_DIMSE_MISMATCH',
      0xa900,
    ],
    [
      'one of another instance',
      storeOf(good, storeRq({ affectedSopInstanceUid: '1.2.3.99' })),
      'BH_DIMSE_MISMATCH',
      0xa900,
    ],
    ['one without a SOP class', storeOf(good.subarray(34)), 'BH_DICOM_ATTRIBUTE', 0xa900],
    ['one that cannot be understood', storeOf(Buffer.from('this is no data set')), 'BH_DICOM_SYNTAX', 0xc000],
    ['one that was cut off', storeOf(good.subarray(0, -3)), 'BH_DICOM_TRUNCATED', 0xc000],
  ])('%s: kept with the reason, refused, and the next one is taken', async (_, bytes, code, status) => {
    const one = await node();
    const [peer] = await associate(one.port);
    peer.send(bytes);
    const answer = await peer.answer();
    expect([answer.status, answer.errorComment?.startsWith(code)]).toEqual([status, true]);
    expect(one.arrivals.map(({ refusal }) => refusal?.code)).toEqual([code]);
    peer.send(storeOf(good));
    expect((await peer.answer()).status).toBe(0);
  });

  test('a command that announces no data set: C000H', async () => {
    const one = await node();
    const [peer] = await associate(one.port);
    peer.send(commandOf(1, storeRq({ hasDataSet: false })));
    expect((await peer.answer()).status).toBe(0xc000);
  });

  test.each(['BH_STORE_FULL', 'BH_STORE_IO'] as const)('%s: A700H, for now', async (code) => {
    const one = await node({}, failing(code));
    const [peer] = await associate(one.port);
    peer.send(storeOf(good));
    expect(await peer.answer()).toMatchObject({ status: 0xa700 });
  });

  test('the disk watermark: A700H, nothing is left behind', async () => {
    const one = await node({}, undefined, (blobs) =>
      withFaults(blobs, { begin: async () => Promise.reject(new BitHiveError('BH_STORE_FULL', 'test')) }),
    );
    const [peer] = await associate(one.port);
    peer.send(storeOf(good));
    expect((await peer.answer()).status).toBe(0xa700);
    expect([one.arrivals, await one.leftovers()]).toEqual([[], []]);
  });

  test('an object over the limit: A700H, the association goes on', async () => {
    const one = await node({ objectBytesMax: 600 });
    const [peer] = await associate(one.port);
    peer.send(commandOf(1, storeRq()));
    const big = dataSetOf({ pixels: Buffer.alloc(300_000) });
    for (let at = 0; at < big.length; at += 100_000)
      peer.send(pdataOf(1, false, at + 100_000 >= big.length, big.subarray(at, at + 100_000)));
    expect((await peer.answer()).status).toBe(0xa700);
    peer.send(commandOf(3, echoRq));
    expect((await peer.answer()).status).toBe(0);
    expect(await one.leftovers()).toEqual([]);
  });

  test.each([
    ['an A-ABORT', (peer: RawPeer) => peer.send(Buffer.concat([head(7, 4), Buffer.alloc(4)]))],
    ['a connection that is cut', (peer: RawPeer) => peer.close()],
  ])('%s in its midst: the partial object is discarded and counted', async (_, cut) => {
    const counted: string[] = [];
    const one = await node({ metrics: counting(counted) });
    const [peer] = await associate(one.port);
    const big = dataSetOf({ pixels: Buffer.alloc(400_000) });
    peer.send(commandOf(1, storeRq()));
    for (let at = 0; at < 4; at += 1)
      peer.send(pdataOf(1, false, false, big.subarray(at * 100_000).subarray(0, 100_000)));
    await until(async () => (await one.leftovers()).length === 1);
    cut(peer);
    await until(() => counted.includes('bithive_dimse_broken_objects_total BH_DIMSE_ABORTED'));
    await until(async () => (await one.leftovers()).length === 0);
    expect(one.arrivals).toEqual([]);
  });

  test('a data set that does not go on: A-ABORT', async () => {
    const one = await node({ progressMs: 100 });
    const [peer] = await associate(one.port);
    peer.send(Buffer.concat([commandOf(1, storeRq()), pdataOf(1, false, false, good)]));
    expect([await peer.words(), await peer.words()]).toEqual(['7 0 0 2 0', 'end']);
    expect(await one.leftovers()).toEqual([]);
  });
});

test('stopping: what was asked is answered, then A-ABORT', async () => {
  const arrivals: Parameters<typeof memoryAccept>[0] = [];
  const remember = memoryAccept(arrivals);
  let commit = (): void => {};
  const committed = new Promise<void>((resolve) => {
    commit = resolve;
  });
  let isAsked = false;
  const one = await node({}, async (arrival) => {
    isAsked = true;
    await committed;
    return remember(arrival);
  });
  const [idle] = await associate(one.port);
  const [busy] = await associate(one.port);
  busy.send(storeOf(good));
  await until(() => isAsked);
  const stopped = one.source.stop(10_000);
  expect(await idle.words()).toBe('7 0 0 0 0');
  commit();
  expect((await busy.answer()).status).toBe(0);
  expect(await busy.words()).toBe('7 0 0 0 0');
  await stopped;
  expect(arrivals).toHaveLength(1);
});

/** Metrics that note the name and the code of what is counted. */
function counting(counted: string[]): Metrics {
  return {
    ...silentMetrics,
    counter: ({ name }) => ({
      add: (_, labels) => counted.push(`${name} ${labels?.code ?? labels?.outcome}`),
    }),
  };
}
