import { expect, test } from '@jest/globals';
import { HeldObjects } from '../../../../connectors/dicomweb/surface/held-objects.ts';
import { searchHeld } from '../../../../connectors/dicomweb/surface/search-held.ts';
import {
  type QueryParameters,
  type SearchLevel,
  surfaceQuery,
} from '../../../../connectors/dicomweb/surface/search-query.ts';
import { messageId } from '../../../../core/ids.ts';
import { limits } from '../../../../core/limits.ts';
import type { MessageFacts, MessageQuery, Store } from '../../../../core/ports/index.ts';

interface Stored extends MessageFacts {
  readonly keys: readonly (readonly [name: string, value: string])[];
}

const stored = (id: number, study: string, sop: string, changes: Partial<MessageFacts> = {}): Stored => ({
  id: messageId(id),
  status: 'processed',
  blob: { hash: 'a'.repeat(64) as never, bytesCount: id },
  keys: [
    ['study-uid', study],
    ['sop-uid', sop],
  ],
  facts: {
    sopInstanceUid: sop,
    sopClassUid: '1.1',
    transferSyntaxUid: '1.2',
    studyInstanceUid: study,
    seriesInstanceUid: '1.5',
    modality: 'CT',
    instanceNumber: id,
  },
  ...changes,
});

/** A store of these messages, oldest first, that counts its pages. */
function storeOf(messages: readonly Stored[]) {
  const pages: MessageQuery[] = [];
  const store: Pick<Store, 'listFacts'> = {
    async listFacts(query) {
      pages.push(query);
      return messages
        .filter(
          ({ id, keys }) =>
            (query.before === undefined || id < query.before) &&
            (query.keys ?? []).every(({ name, value }) => keys.some(([n, v]) => n === name && v === value)),
        )
        .toReversed()
        .slice(0, query.limit);
    },
  };
  return { store, pages };
}

const search = (held: HeldObjects, level: SearchLevel, parameters: QueryParameters = {}) =>
  searchHeld(held, level, surfaceQuery(parameters, {}), 'http://engine/dicomweb');

const values = (page: Awaited<ReturnType<typeof search>>['page'], tag: string): unknown[] =>
  page.map((result) => result[tag]?.Value?.[0]);

test('each instance once, the one that came last; what was refused or has no facts is not held', async () => {
  const { store } = storeOf([
    stored(1, '1', '1.1'),
    stored(2, '1', '1.1'),
    stored(3, '1', '1.2', { status: 'quarantined' }),
    stored(4, '1', '1.3', { facts: { sopInstanceUid: 3 } }),
    stored(5, '2', '1.1'),
    stored(6, '1', '1.6', { facts: { ...stored(6, '1', '1.6').facts, patientName: 7 } }),
  ]);
  const instances = await new HeldObjects(store).find({ name: 'study-uid', value: '1' });
  expect(instances.map(({ sopInstanceUid, bytesCount }) => [sopInstanceUid, bytesCount])).toEqual([
    ['1.1', 2],
  ]);
});

test('a question without a key ends at the limit, and counts the study that it cut whole', async () => {
  const many = limits.dicomwebScanMessagesMax + 500;
  const { store, pages } = storeOf(
    Array.from({ length: many }, (_, at) => stored(at + 1, at < 1_000 ? 'old' : 'new', `1.${at}`)),
  );
  const { page, isMore } = await search(new HeldObjects(store), 'study');
  expect(isMore).toBe(true);
  expect(values(page, '0020000D')).toEqual(['new', 'old']);
  expect(values(page, '00201208')).toEqual([many - 1_000, 1_000]);
  expect(pages.filter(({ keys }) => keys?.length === 0)).toHaveLength(
    limits.dicomwebScanMessagesMax / limits.dicomwebPageMessages,
  );
});

test('without a key no more is read than the page needs, what came last first', async () => {
  const { store, pages } = storeOf(
    Array.from({ length: 10_000 }, (_, at) => stored(at + 1, `${at % 4}`, `1.${at}`)),
  );
  const held = new HeldObjects(store);
  const instances = await search(held, 'instance', { limit: '10', offset: '5' });
  expect(instances.isMore).toBe(true);
  expect(values(instances.page, '00080018')).toEqual(
    Array.from({ length: 10 }, (_, at) => `1.${9_994 - at}`),
  );
  expect(pages).toHaveLength(1);
  // Two of four studies, with all that they hold although the search saw a few.
  const studies = await search(held, 'study', { limit: '2' });
  expect(values(studies.page, '0020000D')).toEqual(['3', '2']);
  expect(values(studies.page, '00201208')).toEqual([2_500, 2_500]);
  expect(pages.filter(({ keys }) => keys?.length === 0)).toHaveLength(2);
});

test('pages follow each other and end', async () => {
  const { store } = storeOf(Array.from({ length: 250 }, (_, at) => stored(at + 1, `${at % 25}`, `1.${at}`)));
  const held = new HeldObjects(store);
  const found: unknown[] = [];
  for (const offset of ['0', '10', '20']) {
    const { page, isMore } = await search(held, 'study', { limit: '10', offset });
    found.push(...values(page, '0020000D'));
    expect([offset, isMore]).toEqual([offset, offset !== '20']);
  }
  expect(new Set(found).size).toBe(25);
  const byNumber = await search(held, 'instance', { StudyInstanceUID: '3', limit: '4', offset: '8' });
  expect(values(byNumber.page, '00080018')).toEqual(['1.203', '1.228']);
  expect(byNumber.isMore).toBe(false);
});

test('an instance leads to the whole of its study, its modalities too', async () => {
  const { store } = storeOf([
    stored(1, '1', '1.1', { facts: { ...stored(1, '1', '1.1').facts, modality: 'SR' } }),
    stored(2, '1', '1.2'),
  ]);
  const held = new HeldObjects(store);
  const { page } = await search(held, 'study', { SOPInstanceUID: '1.2', ModalitiesInStudy: 'SR' });
  expect(values(page, '00201208')).toEqual([2]);
  expect((await search(held, 'study', { SOPInstanceUID: '1.2', ModalitiesInStudy: 'MR' })).page).toEqual([]);
  expect(await held.find({ name: 'sop-uid', value: '1.2' })).toHaveLength(1);
});

test('the event loop goes on while thousands of results are looked through', async () => {
  const { store } = storeOf(Array.from({ length: 5_000 }, (_, at) => stored(at + 1, '1', `1.${at}`)));
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const { page } = await search(new HeldObjects(store), 'instance', { StudyInstanceUID: '1', limit: '1000' });
  isOver = true;
  expect(page).toHaveLength(1_000);
  expect(turns).toBeGreaterThanOrEqual(
    5_000 / limits.dicomwebPageMessages + 1_000 / limits.dicomwebResultsPerTurn - 1,
  );
});

test('too many at once are told to wait', async () => {
  const { store } = storeOf([]);
  const held = new HeldObjects({
    listFacts: async (query) => {
      await new Promise((resolve) => setImmediate(resolve));
      return store.listFacts(query);
    },
  });
  const asked = Array.from({ length: limits.dicomwebSearchesMax + 1 }, () => search(held, 'study'));
  const ended = await Promise.allSettled(asked);
  expect(ended.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: { code: 'BH_STORE_BUSY' } },
  ]);
  expect((await search(held, 'study')).page).toEqual([]);
});
