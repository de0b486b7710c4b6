import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RequestThread } from '../../connectors/request-thread.ts';
import { BitHiveError } from '../../core/errors.ts';
import { systemClock } from '../../platform/clock.ts';

describe('a thread with one request at a time', () => {
  const timers: (() => void)[] = [];
  const clock = {
    nowMs: systemClock.nowMs,
    monotonicMs: systemClock.monotonicMs,
    after(_ms: number, call: () => void) {
      timers.push(call);
      return () => {};
    },
  };
  const open = (entry = './echo-thread.mjs') =>
    new RequestThread<unknown, unknown>({
      ...{ clock, entry: new URL(entry, import.meta.url), task: 'echoes', runMs: 1, heapMbMax: 64 },
      waitingMax: 3,
      codes: { busy: 'BH_STORE_BUSY', lost: 'BH_DICOM_WORKER' },
    });
  let thread: RequestThread<unknown, unknown>;
  beforeEach(() => {
    timers.length = 0;
    thread = open();
  });
  afterEach(() => thread.close());

  test('answers in order; a refusal keeps its code', async () => {
    const asked = [thread.ask(1), thread.ask('fail'), thread.ask(2)];
    const [one, failed, two] = await Promise.allSettled(asked);
    expect([one, two]).toMatchObject([{ value: 1 }, { value: 2 }]);
    expect(failed).toMatchObject({ reason: { code: 'BH_DICOM_LIMIT', detail: 'why' } });
  });

  test('memory that is transferred leaves the asker', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    expect(await thread.ask(bytes, [bytes.buffer])).toEqual(new Uint8Array([1, 2, 3]));
    expect(bytes.length).toBe(0);
  });

  test('a request that cannot be sent is refused, and the next one answered', async () => {
    await expect(thread.ask(() => 'no data')).rejects.toMatchObject({ code: 'BH_INTERNAL' });
    expect(await thread.ask('after')).toBe('after');
  });

  test('a thread that ends loses its request only', async () => {
    const asked = [thread.ask('die'), thread.ask('next')];
    const [lost, next] = await Promise.allSettled(asked);
    const detail = 'the thread that echoes was lost: it ended with 3';
    expect(lost).toMatchObject({ reason: { code: 'BH_DICOM_WORKER', detail } });
    expect(next).toMatchObject({ value: 'next' });
  });

  test('a thread that is silent too long is replaced', async () => {
    const asked = [thread.ask('hang'), thread.ask('next')];
    timers[0]?.();
    const [lost, next] = await Promise.allSettled(asked);
    expect(lost).toMatchObject({ reason: { code: 'BH_DICOM_WORKER' } });
    expect(next).toMatchObject({ value: 'next' });
  });

  test('more than may wait are told so; what waits when it closes, and what comes then, is told that', async () => {
    const asked = Promise.allSettled(['hang', 1, 2, 3, 4].map((request) => thread.ask(request)));
    await thread.close();
    await expect(thread.ask(5)).rejects.toMatchObject({ code: 'BH_STOPPING' });
    const codes = (await asked).map((one) => 'reason' in one && (one.reason as { code: string }).code);
    expect(codes).toEqual(['BH_STOPPING', 'BH_STOPPING', 'BH_STOPPING', 'BH_STOPPING', 'BH_STORE_BUSY']);
  });

  test('what the work asks is answered; what nobody can answer, or send, is told with a code', async () => {
    const answers = {
      known: async (given: string) => `${given} is known`,
      none: async () => undefined,
      down: () => Promise.reject(new BitHiveError('BH_STORE_BUSY', 'later')),
      code: async () => () => 'no data',
    };
    const ask = (name: string) => thread.ask({ ask: name }, [], answers);
    expect(await ask('known')).toEqual({ question: 7, answer: 'it is known' });
    expect(await ask('none')).toEqual({ question: 7, answer: undefined });
    expect(await ask('down')).toEqual({ question: 7, refusal: { code: 'BH_STORE_BUSY', detail: 'later' } });
    for (const name of ['code', 'toString'])
      expect(await ask(name)).toMatchObject({ question: 7, refusal: { code: 'BH_INTERNAL' } });
  });

  test('each request is told when the entry is missing', async () => {
    const missing = open('./none.js');
    await expect(missing.ask(1)).rejects.toMatchObject({ code: 'BH_INTERNAL' });
    await expect(missing.ask(2)).rejects.toMatchObject({ code: 'BH_INTERNAL' });
  });
});
