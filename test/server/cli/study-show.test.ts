import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { admission, bithive, temporaryFolder, withStore } from './harness.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** An open study, as the channel keeps it. */
beforeAll(() =>
  withStore(folder.path, async (store) => {
    const { id } = await store.accept(
      admission({ kind: 'dicom', channel: 'imaging', searchKeys: [['study-uid', '1.2.3']] }),
    );
    const lease = await store.leaseChannel('imaging', 'test', 10_000);
    if (lease === null) throw new TypeError('nobody else has the channel');
    const value = {
      status: 'open',
      version: 1,
      instances: 3,
      openedAtMs: 1_000,
      lastAtMs: 2_000,
      lookAtMs: 9_000,
      held: 'a procedure step is in progress',
      completions: [{ version: 1, atMs: 1_500, signal: 'mpps', instances: 2 }],
    };
    await store.commitProcessed(lease, [
      {
        id,
        status: 'processed',
        processedAtMs: 1,
        deliveries: [],
        states: [{ scope: 'imaging', key: '1.2.3', value }],
        items: [],
        timers: [],
      },
    ]);
  }),
);

test('a study is shown from the folder of an engine that does not run, and the trail says who looked', async () => {
  const { code, out } = await bithive(['study', 'show', '1.2.3', '--data', folder.path, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    channels: [
      {
        channel: 'imaging',
        status: 'open',
        waitsFor: 'a procedure step is in progress',
        looksAt: '1970-01-01T00:00:09.000Z',
        versions: [{ version: 1, signal: 'mpps', instances: 2 }],
      },
    ],
  });
  const trail = await withStore(folder.path, (store) => store.readAudit(0, 10));
  expect(trail).toMatchObject([{ operation: 'study.read', entities: { uid: '1.2.3' } }]);
});

test('a study that nobody knows is a coded line; a decision needs a running engine', async () => {
  expect(await bithive(['study', 'show', '9.9', '--data', folder.path])).toMatchObject({
    code: 1,
    err: expect.stringContaining('BH_STORE_NOT_FOUND'),
  });
  for (const words of [
    ['held'],
    ['release', '1.2.3'],
    ['reject', '1.2.3', '--reason', 'x'],
    ['complete', '1.2.3'],
  ])
    expect(await bithive(['study', ...words, '--data', folder.path])).toMatchObject({
      code: 4,
      err: expect.stringContaining('BH_CLI_ENGINE'),
    });
});
