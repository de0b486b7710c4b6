import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { writeAssociateRq } from '../../../connectors/dimse/upper-layer/associate-pdu.ts';
import { type Node, startNode } from './node-setup.ts';
import { commandOf, dataSetOf, echoRq, pdataOf, RawPeer, requestOf, storeOf, storeRq } from './raw-peer.ts';

let node: Node;
beforeAll(async () => {
  node = await startNode({ artimMs: 200, progressMs: 200, idleMs: 200 });
});
afterAll(() => node.close());

const release = Buffer.from([5, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
const conversation = Buffer.concat([
  writeAssociateRq(requestOf()),
  commandOf(3, echoRq),
  storeOf(dataSetOf({ pixels: Buffer.alloc(3_000, 7) })),
  commandOf(1, storeRq()),
  pdataOf(1, false, false, dataSetOf()),
  pdataOf(1, false, true, Buffer.alloc(100)),
  release,
]);

/**
 * A conversation with bytes changed, left out and cut: whatever comes, the connection ends by itself, and the node serves the next
 * association as if nothing had been.
 */
test('a conversation that was damaged on the way', async () => {
  const damage = fc.record({
    changes: fc.array(
      fc.record({ at: fc.nat(conversation.length - 1), byte: fc.integer({ min: 0, max: 255 }) }),
      { maxLength: 6 },
    ),
    from: fc.nat(200),
    to: fc.nat(conversation.length),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ changes, from, to }) => {
      const bytes = Buffer.from(conversation);
      for (const { at, byte } of changes) bytes[at] = byte;
      const peer = await RawPeer.connect(node.port);
      peer.send(from % 4 === 0 ? bytes.subarray(from, Math.max(from, to)) : bytes);
      while ((await peer.next()) !== null);
      peer.close();
    }),
    { numRuns: 60 },
  );
  const [peer] = await RawPeer.associate(node.port);
  peer.send(
    storeOf(dataSetOf({ sopInstanceUid: '1.2.3.77' }), storeRq({ affectedSopInstanceUid: '1.2.3.77' })),
  );
  expect((await peer.answer()).status).toBe(0);
  peer.close();
  expect(await node.leftovers()).toEqual([]);
}, 120_000);
