import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { BitHiveError } from '../../../core/errors.ts';
import type { BlobHash } from '../../../core/ids.ts';
import type { Blobs, Clock, Store } from '../../../core/ports/index.ts';
import type { StepKind } from '../../../pipelines/channel/catalog.ts';
import { systemClock } from '../../../platform/clock.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
import {
  controlIdOf,
  hl7Arrival,
  ScriptedReceiver,
  startTestEngine,
  type TestDoor,
  type TestEngine,
} from './test-channel.ts';

const ehr = '{ name: ehr, target: "test:ehr", takes: "*", retry: { firstMs: 1, maxMs: 5 } }';
const channel = ({
  to = `  - test: ${ehr}`,
  steps = '[]',
  ack = 'stored',
  filter = '"MSH-9.1 = ADT"',
} = {}) => `
channel: adt
source: { hl7v2: {} }
ack: ${ack}
filter: ${filter}
key: "PID-3.1"
steps: ${steps}
to:
${to}
`;

const down = { kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE', detail: 'down' } } as const;
const delivered = { kind: 'delivered' } as const;

let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
  engine = undefined;
});

type Options = Parameters<typeof startTestEngine>[1];

async function start(text: string, options: Options = {}): Promise<[TestDoor, ScriptedReceiver, TestEngine]> {
  engine = await startTestEngine([text], options);
  return [engine.doors.get('adt') as TestDoor, engine.receivers.get('test:ehr') as ScriptedReceiver, engine];
}

const received = async ({ store }: TestEngine) =>
  (await store.depths(0)).channels.some(({ received }) => received > 0);

/** A store in which messages of one channel are not seen by the processor, as after a crash between accept and process. */
const unprocessed = (store: Store): Store => withFaults(store, { nextMessages: async () => [] });

describe('old versions of a channel', () => {
  test('a version that cannot be compiled any more quarantines its messages, and the channel goes on', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a channel file's own reference
    const old = channel({ filter: '"MSH-9.1 = ${OLD_TYPE}"' });
    const [door, , first] = await start(old, { environment: { OLD_TYPE: 'ADT' }, wrap: unprocessed });
    const { id } = await door.accept(hl7Arrival('OLD', 'P1'));
    await first.stop();
    const [again, receiver, second] = await start(channel(), { folder: first.folder });
    await again.accept(hl7Arrival('NEW', 'P1'));
    await until(() => receiver.sent.length === 1);
    expect(controlIdOf(receiver.sent[0]?.text ?? '')).toBe('NEW');
    expect(await second.store.getMessage(id)).toMatchObject({
      status: 'quarantined',
      refusal: { code: 'BH_CONFIG_VALUE' },
    });
    await second.pipelines.replay(id);
    await until(() => receiver.sent.length === 2);
  });

  test('what waits for a destination that was taken out ends as dead, and holds up nobody at the same receiver', async () => {
    const receiver = new ScriptedReceiver();
    receiver.answer = () => down;
    const receivers = new Map([['test:ehr', receiver]]);
    const [door, , first] = await start(channel(), { receivers });
    await door.accept(hl7Arrival('OLD', 'P1'));
    await until(() => receiver.sent.length > 0);
    await first.stop();
    receiver.answer = () => delivered;
    const renamed = channel({ to: `  - test: ${ehr.replace('name: ehr', 'name: renamed')}` });
    const [again, , second] = await start(renamed, { folder: first.folder, receivers });
    await again.accept(hl7Arrival('NEW', 'P1'));
    await until(() => receiver.sent.some(({ text }) => controlIdOf(text) === 'NEW'));
    const [dead] = await second.store.searchDeliveries({ state: 'dead', limit: 10 });
    expect(dead).toMatchObject({ destination: 'ehr', lastError: { code: 'BH_DELIVERY_GONE' } });
  });

  test('an old message whose destination was taken out leaves a dead delivery, not nothing', async () => {
    const [door, , first] = await start(channel(), { wrap: unprocessed });
    const { id } = await door.accept(hl7Arrival('OLD', 'P1'));
    await first.stop();
    const other = channel({ to: '  - test: { name: other, target: "test:other", takes: "*" }' });
    engine = await startTestEngine([other], { folder: first.folder });
    const { store } = engine;
    await until(
      async () => (await store.searchDeliveries({ messageId: id, state: 'dead', limit: 1 })).length === 1,
    );
    expect(engine.receivers.get('test:other')?.sent).toHaveLength(0);
  });
});

describe('poison', () => {
  const large = (hash: string) => ({
    body: { kind: 'blob' as const, hash: hash.padStart(64, '0') as BlobHash, bytesCount: 300_000 },
  });

  test('a body that is gone or torn sends its message to quarantine; a disk that fails for a while does not', async () => {
    let isFailing = true;
    const whole = new TextEncoder().encode(
      'MSH|^~\\&|HIS|H|||20261122080000||ADT^A08|B3|P|2.5.1\rPID|1||P1\r',
    );
    const read = async (hash: BlobHash): Promise<Uint8Array> => {
      if (hash.endsWith('1')) throw new BitHiveError('BH_STORE_NOT_FOUND', 'no such body');
      if (hash.endsWith('2')) throw new BitHiveError('BH_BLOB_CORRUPT', 'torn');
      if (isFailing) throw new BitHiveError('BH_STORE_IO', 'EIO');
      return whole;
    };
    const blobs = {
      read,
      async *stream(hash: BlobHash) {
        yield await read(hash);
      },
    } as Partial<Blobs> as Blobs;
    const [door, receiver, { store }] = await start(channel(), { blobs });
    const gone = await door.accept(hl7Arrival('B1', 'P1', large('1')));
    const torn = await door.accept(hl7Arrival('B2', 'P1', large('2')));
    const later = await door.accept(hl7Arrival('B3', 'P1', large('3')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await store.getMessage(later.id))?.status).toBe('received');
    isFailing = false;
    await until(() => receiver.sent.length === 1);
    const codes = await Promise.all(
      [gone, torn].map(async ({ id }) => (await store.getMessage(id))?.refusal?.code),
    );
    expect(codes).toEqual(['BH_STORE_NOT_FOUND', 'BH_BLOB_CORRUPT']);
    expect((await store.getMessage(later.id))?.status).toBe('processed');
  });

  test('a body that cannot be loaded for a reason that nobody foresaw is tried again, then quarantined alone', async () => {
    let reads = 0;
    const blobs = {
      stream() {
        reads += 1;
        throw new TypeError('a bug');
      },
    } as Partial<Blobs> as Blobs;
    const clock: Clock = {
      nowMs: () => systemClock.nowMs(),
      monotonicMs: () => systemClock.monotonicMs(),
      after: (delayMs, call) => systemClock.after(Math.min(delayMs, 20), call),
    };
    const [door, receiver, { store }] = await start(channel(), { blobs, clock });
    const bad = await door.accept(hl7Arrival('POISON', 'P1', large('1')));
    await door.accept(hl7Arrival('C1', 'P1'));
    await until(() => receiver.sent.length === 1);
    expect(await store.getMessage(bad.id)).toMatchObject({
      status: 'quarantined',
      refusal: { code: 'BH_INTERNAL' },
    });
    expect(reads).toBe(5);
  });

  test('a message over which a thread ends again and again is quarantined, and the channel goes on', async () => {
    let tries = 0;
    const prepares: StepKind<unknown> = {
      kind: 'prepares',
      settings: z.unknown(),
      create: () => ({
        kind: 'prepares',
        takes: ['hl7v2'],
        async prepare(message) {
          if (!message.searchKeys.some(([, value]) => value === 'POISON')) return message;
          tries += 1;
          throw new BitHiveError('BH_DICOM_WORKER', 'the thread was lost');
        },
        apply() {},
      }),
    };
    const clock: Clock = {
      nowMs: () => systemClock.nowMs(),
      monotonicMs: () => systemClock.monotonicMs(),
      after: (delayMs, call) => systemClock.after(Math.min(delayMs, 20), call),
    };
    const options = { clock, steps: [prepares] };
    const [door, receiver, { store }] = await start(channel({ steps: '[{ prepares: {} }]' }), options);
    const bad = await door.accept(hl7Arrival('POISON', 'P1'));
    await door.accept(hl7Arrival('C1', 'P1'));
    await until(() => receiver.sent.length === 1);
    expect(await store.getMessage(bad.id)).toMatchObject({
      status: 'quarantined',
      refusal: { code: 'BH_DICOM_WORKER', detail: 'the thread was lost' },
    });
    expect(tries).toBe(5);
  });

  /** A step that waits for what the test says, for messages with this control id. */
  const waitsFor = (wanted: string, what: () => Promise<never>): StepKind<unknown> => ({
    kind: 'waits',
    settings: z.unknown(),
    create: () => ({
      kind: 'waits',
      takes: ['hl7v2'],
      prepare: async (message) =>
        message.searchKeys.some(([, value]) => value === wanted) ? what() : message,
      apply() {},
    }),
  });

  test('what came before a message that cannot be prepared for now is neither held up by it nor done again', async () => {
    let isSeen = false;
    let prepares = 0;
    const busy = async (): Promise<never> => {
      prepares += 1;
      throw new BitHiveError('BH_STORE_BUSY', 'later');
    };
    const wrap = (store: Store): Store =>
      withFaults(store, {
        nextMessages: async (name, limit) => (isSeen ? store.nextMessages(name, limit) : []),
      });
    const options = { steps: [waitsFor('STUCK', busy)], wrap };
    const [door, receiver] = await start(channel({ steps: '[{ waits: {} }]' }), options);
    await door.accept(hl7Arrival('FIRST', 'P1'));
    await door.accept(hl7Arrival('STUCK', 'P1'));
    isSeen = true;
    await until(() => receiver.sent.length === 1);
    expect(controlIdOf(receiver.sent[0]?.text ?? '')).toBe('FIRST');
    expect(prepares).toBeGreaterThan(0);
  });

  test('a channel stops in its time while a message waits for something long; the message is left for the next start', async () => {
    let isWaiting = false;
    const forever = (): Promise<never> => {
      isWaiting = true;
      return new Promise(() => {});
    };
    const options = { steps: [waitsFor('LONG', forever)] };
    const [door, , { pipelines, store }] = await start(channel({ steps: '[{ waits: {} }]' }), options);
    const { id } = await door.accept(hl7Arrival('LONG', 'P1'));
    await until(() => isWaiting);
    const startMs = performance.now();
    await pipelines.stop(400);
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect((await store.getMessage(id))?.status).toBe('received');
  });

  test('a result that the store cannot take is quarantined alone', async () => {
    const poison: StepKind<unknown> = {
      kind: 'poison',
      settings: z.unknown(),
      create: () => ({
        kind: 'poison',
        takes: ['hl7v2'],
        apply({ subject }, output) {
          if (subject.hl7.get('MSH-10') !== 'POISON') return;
          output.timers.push({ key: 'k', name: 'n', dueAtMs: Number.NaN });
        },
      }),
    };
    const [door, receiver, running] = await start(channel({ steps: '[{ poison: {} }]' }), {
      steps: [poison],
    });
    const ids = ['A', 'B', 'POISON', 'C', 'D'];
    const accepted = await Promise.all(ids.map((id, at) => door.accept(hl7Arrival(id, `P${at}`))));
    await until(async () => !(await received(running)) && receiver.sent.length === 4);
    const bad = await running.store.getMessage(accepted[2]?.id as never);
    expect(bad).toMatchObject({ status: 'quarantined', refusal: { code: 'BH_INTERNAL' } });
  });
});

describe('deliveries', () => {
  test('what was delivered while the store could not write is not sent again', async () => {
    let failures = 3;
    let signal: AbortSignal | undefined;
    let listeners = 0;
    const listening = new ScriptedReceiver();
    const { destination } = listening;
    listening.destination = (target) => {
      const given = destination.call(listening, target);
      const send: typeof given.send = (delivery, aborted) => {
        signal = aborted;
        return given.send(delivery, aborted);
      };
      return { ...given, send };
    };
    const wrap = (store: Store): Store =>
      withFaults(store, {
        settleDelivery: async (lease, settlement) => {
          failures -= 1;
          if (failures >= 0) throw new BitHiveError('BH_STORE_IO', 'the store is recovering');
          listeners = getEventListeners(signal as AbortSignal, 'abort').length;
          return store.settleDelivery(lease, settlement);
        },
      });
    const receivers = new Map([['test:ehr', listening]]);
    const [door, receiver, { store }] = await start(channel(), { wrap, receivers });
    const { id } = await door.accept(hl7Arrival('C1', 'P1'));
    await until(
      async () =>
        (await store.searchDeliveries({ messageId: id, state: 'delivered', limit: 1 })).length === 1,
    );
    expect(receiver.sent).toHaveLength(1);
    expect(failures).toBe(-1);
    // The receiver's own: a pause leaves none behind, however long the store is away.
    expect(listeners).toBe(1);
  });

  test('a lease that ran out under a running attempt is taken over by it: the message is sent once', async () => {
    const receiver = new ScriptedReceiver();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    receiver.answer = async () => {
      await held;
      return delivered;
    };
    // The commit leased it once; here it is leased again as after a suspended process or a clock that was set, while the attempt runs.
    let again = 0;
    const wrap = (store: Store): Store =>
      withFaults(store, {
        leaseDeliveries: async (request) => {
          const taken = await store.leaseDeliveries({
            ...request,
            nowMs: request.nowMs + (again < 2 ? (again + 1) * 60_000 : 0),
          });
          again += taken.length;
          return taken;
        },
      });
    const [door, , { store }] = await start(channel(), {
      wrap,
      receivers: new Map([['test:ehr', receiver]]),
    });
    const { id } = await door.accept(hl7Arrival('C1', 'P1'));
    await until(() => again >= 2).finally(release);
    await until(
      async () =>
        (await store.searchDeliveries({ messageId: id, state: 'delivered', limit: 1 })).length === 1,
    );
    expect(receiver.sent).toHaveLength(1);
  });

  test('a duplicate that waits longer than the first is answered all the same', async () => {
    const receiver = new ScriptedReceiver();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    receiver.answer = async () => {
      await held;
      return delivered;
    };
    const both = channel({ ack: 'delivered' });
    const [door] = await start(both, { receivers: new Map([['test:ehr', receiver]]) });
    const first = door.accept(hl7Arrival('C1', 'P1'));
    const again = door.accept(hl7Arrival('C1', 'P1'));
    await until(() => receiver.sent.length === 1);
    const third = door.accept(hl7Arrival('C1', 'P1'));
    release();
    const answers = await Promise.all([first, again, third]);
    expect(answers.map(({ kind, duplicate }) => [kind, duplicate])).toEqual([
      ['accepted', false],
      ['accepted', true],
      ['accepted', true],
    ]);
    expect(receiver.sent).toHaveLength(1);
  });

  test('with `ack: from`, the answer to a delivery that was brought back is the newest', async () => {
    const receiver = new ScriptedReceiver();
    const answer = (text: string) => ({
      kind: 'answer' as const,
      type: 'ACK',
      sender: 'ehr',
      contentType: 'text/plain',
      body: { kind: 'inline' as const, bytes: new TextEncoder().encode(text) },
      searchKeys: [],
    });
    const refused = { code: 'BH_DELIVERY_REFUSED', detail: 'AE' };
    receiver.answer = () => ({ kind: 'dead', error: refused, answer: answer('AE') });
    const receivers = new Map([['test:ehr', receiver]]);
    const [door, , { store }] = await start(channel({ ack: 'from ehr' }), { receivers });
    const textOf = (given: Awaited<ReturnType<TestDoor['accept']>>) =>
      given.kind === 'relayed' ? new TextDecoder().decode(given.answer) : given.kind;
    expect(textOf(await door.accept(hl7Arrival('C1', 'P1')))).toBe('AE');
    receiver.answer = () => ({ kind: 'delivered', answer: answer('AA') });
    const [dead] = await store.searchDeliveries({ state: 'dead', limit: 1 });
    await store.resolveDelivery(dead?.id as never, 'retry', Date.now());
    await until(() => receiver.sent.length === 2);
    expect(textOf(await door.accept(hl7Arrival('C1', 'P1')))).toBe('AA');
  });
});
