import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileParts } from '../../dimse/file-parts.ts';
import { RawAssociation } from '../../dimse/raw-association.ts';
import { slowOnlyWhenAlways } from '../../fuzz/slow.ts';
import { longestStallMs } from '../../longest-stall.ts';
import { bodyOf, multipartType, post } from '../dicomweb/raw-client.ts';
import { type Receiver, startReceiver } from '../dicomweb/stow-setup.ts';
import { type Node, startNode } from '../dimse/node-setup.ts';
import { hostileObjects } from './hostile-objects.ts';

const stallMsMax = 200;
/** Of the whole process of the test, far less than what the objects claim. */
const growthBytesMax = 256 * 1024 * 1024;

let receiver: Receiver;
let node: Node;
beforeAll(async () => {
  receiver = await startReceiver();
  node = await startNode();
});
afterAll(async () => {
  await receiver.close();
  await node.close();
});

const byStow = async (bytes: Buffer): Promise<void> => {
  await post(`${receiver.url}/studies`, bodyOf([bytes]), { 'content-type': multipartType });
};

const byCStore = async (bytes: Buffer): Promise<void> => {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet } = fileParts(bytes);
  const context = { id: 1, abstractSyntax: sopClassUid, transferSyntaxes: [transferSyntaxUid] };
  const association = await RawAssociation.connect(node.port);
  await association.associate({ contexts: [context] });
  await association.store(context, sopInstanceUid, dataSet);
  await association.release();
};

describe.each(hostileObjects)('$name', ({ bytes, codes }) => {
  let object: Buffer;
  beforeAll(() => {
    object = bytes();
  });

  test.each([
    { door: 'STOW-RS', send: byStow, arrivals: () => receiver.arrivals },
    { door: 'C-STORE', send: byCStore, arrivals: () => node.arrivals },
  ])('by $door: kept, refused with a code, and the loop goes on', async ({ send, arrivals }) => {
    arrivals().length = 0;
    const before = process.memoryUsage.rss();
    const stallMs = await slowOnlyWhenAlways(
      () => longestStallMs(() => send(object)),
      (stalled) => stalled > stallMsMax,
    );
    expect(arrivals()[0]?.refusal?.code ?? 'stored').toMatch(new RegExp(`^(${codes.join('|')})$`));
    expect(stallMs).toBeLessThan(stallMsMax);
    expect(process.memoryUsage.rss() - before).toBeLessThan(growthBytesMax);
  });
});
