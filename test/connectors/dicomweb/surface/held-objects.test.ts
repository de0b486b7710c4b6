import { expect, test } from '@jest/globals';
import { HeldObjects } from '../../../../connectors/dicomweb/surface/held-objects.ts';
import { messageId } from '../../../../core/ids.ts';
import { limits } from '../../../../core/limits.ts';
import type { MessageSummary } from '../../../../core/message.ts';
import type { MessageQuery, Store } from '../../../../core/ports/index.ts';

const summary = (
  id: number,
  study: string,
  sop: string,
  changes: Partial<MessageSummary> = {},
): MessageSummary => ({
  id: messageId(id),
  status: 'processed',
  kind: 'dicom',
  type: 'CT',
  sender: 'PACS',
  contentType: 'application/dicom',
  bodySize: { bytesCount: id, hash: 'a'.repeat(64) as never },
  searchKeys: [
    ['study-uid', study],
    ['sop-uid', sop],
  ],
  channel: 'images',
  channelVersion: 1,
  receivedAtMs: 0,
  keys: [],
  facts: {
    sopInstanceUid: sop,
    sopClassUid: '1.1',
    transferSyntaxUid: '1.2',
    studyInstanceUid: study,
    seriesInstanceUid: '1.5',
    modality: 'CT',
  },
  ...changes,
});

/** A store of these messages, oldest first, that counts its pages. */
function storeOf(messages: readonly MessageSummary[]) {
  const pages: MessageQuery[] = [];
  const store: Pick<Store, 'listMessages'> = {
    async listMessages(query) {
      pages.push(query);
      return messages
        .filter(
          ({ id, searchKeys }) =>
            (query.before === undefined || id < query.before) &&
            (query.keys ?? []).every(({ name, value }) =>
              searchKeys.some(([n, v]) => n === name && v === value),
            ),
        )
        .toReversed()
        .slice(0, query.limit);
    },
  };
  return { store, pages };
}

test('each instance once, the one that came last; what was refused or has no facts is not held', async () => {
  const { store } = storeOf([
    summary(1, '1', '1.1'),
    summary(2, '1', '1.1'),
    summary(3, '1', '1.2', { status: 'quarantined' }),
    summary(4, '1', '1.3', { facts: { sopInstanceUid: 3 } }),
    summary(5, '2', '1.1'),
  ]);
  const { instances, isCut } = await new HeldObjects(store).find({ name: 'study-uid', value: '1' });
  expect(instances.map(({ sopInstanceUid, bytesCount }) => [sopInstanceUid, bytesCount])).toEqual([
    ['1.1', 2],
  ]);
  expect(isCut).toBe(false);
});

test('a question without a key ends at the limit, and counts the study that it cut whole', async () => {
  const many = limits.dicomwebScanMessagesMax + 500;
  const messages = Array.from({ length: many }, (_, at) =>
    summary(at + 1, at < 1_000 ? 'old' : 'new', `1.${at}`),
  );
  const { store, pages } = storeOf(messages);
  const found = await new HeldObjects(store).findStudies(null);
  expect(found.isCut).toBe(true);
  expect(found.instances.filter(({ studyInstanceUid }) => studyInstanceUid === 'old')).toHaveLength(1_000);
  expect(pages.filter(({ keys }) => keys?.length === 0)).toHaveLength(
    limits.dicomwebScanMessagesMax / limits.dicomwebPageMessages,
  );
});

test('an instance leads to the whole of its study', async () => {
  const { store } = storeOf([summary(1, '1', '1.1'), summary(2, '1', '1.2')]);
  const held = new HeldObjects(store);
  expect((await held.findStudies({ name: 'sop-uid', value: '1.2' })).instances).toHaveLength(2);
  expect((await held.find({ name: 'sop-uid', value: '1.2' })).instances).toHaveLength(1);
});

test('too many at once are told to wait', async () => {
  const { store } = storeOf([]);
  const held = new HeldObjects({
    listMessages: async (query) => {
      await new Promise((resolve) => setImmediate(resolve));
      return store.listMessages(query);
    },
  });
  const asked = Array.from({ length: limits.dicomwebSearchesMax + 1 }, () => held.find(null));
  const ended = await Promise.allSettled(asked);
  expect(ended.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: { code: 'BH_STORE_BUSY' } },
  ]);
  expect((await held.find(null)).instances).toEqual([]);
});
