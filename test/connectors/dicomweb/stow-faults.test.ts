import { describe, expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import type { Accept } from '../../../core/ports/index.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
import { bodyOf, post } from './raw-client.ts';
import { asMultipart, codeOf, failedReasons, good, itemsOf, other } from './stow-answers.ts';
import { startReceiver } from './stow-setup.ts';

describe('a store that can not', () => {
  const failing =
    (code: 'BH_STORE_FULL' | 'BH_STORE_IO'): Accept =>
    async () => {
      throw new BitHiveError(code, 'test');
    };

  test.each([
    ['BH_STORE_FULL', 507],
    ['BH_STORE_IO', 503],
  ] as const)('%s in accept: %i, A700 for each', async (code, status) => {
    const broken = await startReceiver({}, failing(code));
    const answer = await post(`${broken.url}/studies`, bodyOf([good, other]), asMultipart);
    expect([answer.status, failedReasons(answer), answer.headers['retry-after']]).toEqual([
      status,
      [0xa700, 0xa700],
      '5',
    ]);
    await broken.close();
  });

  test('blobs that fill up: what fits is stored, the rest is A700 with its UID, 202', async () => {
    let begun = 0;
    const broken = await startReceiver({}, undefined, (blobs) =>
      withFaults(blobs, {
        async begin(bytesMax) {
          const writer = await blobs.begin(bytesMax);
          if (++begun === 1) return writer;
          return withFaults(writer, {
            write: async () => Promise.reject(new BitHiveError('BH_STORE_FULL', 'test')),
          });
        },
      }),
    );
    const answer = await post(`${broken.url}/studies`, bodyOf([good, other]), asMultipart);
    expect([answer.status, failedReasons(answer)]).toEqual([202, [0xa700]]);
    expect(itemsOf(answer, '00081198')[0]?.['00081155'].Value).toEqual(['1.2.3.5']);
    expect(broken.arrivals).toHaveLength(1);
    expect(await broken.leftovers()).toEqual([]);
    await broken.close();
  });

  test('a sync that fails: nothing is accepted, A700', async () => {
    const broken = await startReceiver({}, undefined, (blobs) =>
      withFaults(blobs, {
        async begin(bytesMax) {
          const writer = await blobs.begin(bytesMax);
          return withFaults(writer, {
            commit: async () => Promise.reject(new BitHiveError('BH_STORE_IO', 'test')),
          });
        },
      }),
    );
    const answer = await post(`${broken.url}/studies`, bodyOf([good]), asMultipart);
    expect([answer.status, failedReasons(answer)]).toEqual([503, [0xa700]]);
    expect(broken.arrivals).toEqual([]);
    expect(await broken.leftovers()).toEqual([]);
    await broken.close();
  });
});

describe('start and stop', () => {
  test('the row comes after the bytes are durable, the answer after the row', async () => {
    const order: string[] = [];
    const watched = await startReceiver(
      {},
      async () => {
        order.push('accept');
        await new Promise((resolve) => setImmediate(resolve));
        order.push('accepted');
        return { kind: 'accepted', id: 1 as never, duplicate: false };
      },
      (blobs) =>
        withFaults(blobs, {
          async begin(bytesMax) {
            const writer = await blobs.begin(bytesMax);
            return withFaults(writer, {
              async commit() {
                const stored = await writer.commit();
                order.push('committed');
                return stored;
              },
            });
          },
        }),
    );
    await post(`${watched.url}/studies`, bodyOf([good]), asMultipart);
    order.push('answered');
    expect(order).toEqual(['committed', 'accept', 'accepted', 'answered']);
    await watched.close();
  });

  test('stop lets the open request finish and refuses new ones', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isOpen = (): void => {};
    const opened = new Promise<void>((resolve) => {
      isOpen = resolve;
    });
    const slow = await startReceiver({}, async () => {
      isOpen();
      await held;
      return { kind: 'accepted', id: 1 as never, duplicate: false };
    });
    const first = post(`${slow.url}/studies`, bodyOf([good]), asMultipart);
    await opened;
    const stopped = slow.source.stop(10_000);
    const second = await post(`${slow.url}/studies`, bodyOf([other]), asMultipart);
    expect([second.status, codeOf(second), second.headers['retry-after']]).toEqual([503, 'BH_STOPPING', '5']);
    release();
    await stopped;
    expect((await first).status).toBe(200);
    await slow.close();
  });

  test('a body that does not end within the grace time is given up', async () => {
    const impatient = await startReceiver();
    async function* never() {
      yield bodyOf([good]).subarray(0, 100);
      await new Promise(() => {});
    }
    const answer = post(`${impatient.url}/studies`, never(), asMultipart);
    await until(async () => (await impatient.leftovers()).length > 0);
    await impatient.source.stop(10);
    expect((await answer).status).toBe(503);
    expect(await impatient.leftovers()).toEqual([]);
    await impatient.close();
  });
});
