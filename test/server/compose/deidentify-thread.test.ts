import { afterAll, describe, expect, test } from '@jest/globals';
import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import { dicomContentType } from '../../../core/dicom-object.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { deidentifiedDestination } from '../../../server/compose/deidentified-destination.ts';
import { DeidentifyThread } from '../../../server/compose/deidentify-thread.ts';
import { hostileObjects } from '../../connectors/dicom-objects/hostile-objects.ts';
import { leased } from '../../connectors/files/deliveries.ts';
import { dicomFile, el } from '../../formats/dicom/object-builder.ts';
import { slowOnlyWhenAlways } from '../../fuzz/slow.ts';
import { longestStallMs } from '../../longest-stall.ts';
import { policy, run, secret } from '../../mappings/deidentify/planted.ts';

const stallMsMax = 200;
const ordinary = (): Buffer =>
  dicomFile([
    el(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
    el(0x00080018, 'UI', '1.2.3.4711.1'),
    el(0x00080060, 'CS', 'CT'),
    el(0x00100010, 'PN', 'Quokkaberg^Anna'),
    el(0x00100020, 'LO', 'MRN4711'),
    el(0x0020000d, 'UI', '1.2.3.4711'),
    el(0x0020000e, 'UI', '1.2.3.4711.0'),
  ]);

const threads: DeidentifyThread[] = [];
afterAll(() => Promise.all(threads.map((thread) => thread.close())));

function open(clock: Clock = systemClock) {
  const thread = new DeidentifyThread(clock);
  threads.push(thread);
  const sent: LeasedDelivery[] = [];
  const outcome: DeliveryOutcome = { kind: 'delivered', note: '' };
  const inner = {
    ...{ kind: 'archive', target: 'a', concurrency: 2 },
    async send(delivery: LeasedDelivery) {
      sent.push(delivery);
      return outcome;
    },
    async close() {},
  };
  const none = () => {
    throw new Error('no body lies there');
  };
  const options = {
    policy: policy(),
    secret,
    thread,
    blobs: { read: none, stream: none },
    leaves: async () => {},
  };
  const destination = deidentifiedDestination(inner, options);
  const send = (bytes: Uint8Array) => {
    const delivery = { ...leased({ kind: 'inline', bytes }), contentType: dicomContentType };
    return destination.send(delivery, new AbortController().signal);
  };
  return { thread, sent, send };
}

const bytesOf = (delivery: LeasedDelivery | undefined): Uint8Array =>
  delivery?.body.kind === 'inline' ? delivery.body.bytes : new Uint8Array(0);

describe('the thread that de-identifies', () => {
  test('gives what the function gives, and of the new UIDs those that were asked for', async () => {
    const bytes = ordinary();
    const inline = await run(bytes);
    const askedUids = ['1.2.3.4711.1', 'none of it'];
    const { thread, sent, send } = open();
    const request = { bytes: Uint8Array.from(bytes), policy: policy(), secret, askedUids };
    const uids = new Map([...inline.uids].filter(([uid]) => ['1.2.3.4711', '1.2.3.4711.1'].includes(uid)));
    expect(await thread.object(request)).toEqual({ ...inline, bytes: Uint8Array.from(inline.bytes), uids });
    await send(bytes);
    expect(Buffer.compare(bytesOf(sent[0]), inline.bytes)).toBe(0);
    // The delivery keeps its bytes: it may be tried again.
    expect(Buffer.compare(bytes, ordinary())).toBe(0);
  });

  test('an object of 990,000 items leaves, and the loop goes on meanwhile', async () => {
    const object = hostileObjects.find(({ name }) => name === 'a sequence of 990,000 items')?.bytes();
    const { sent, send } = open();
    const outcomes: DeliveryOutcome[] = [];
    const attempt = () =>
      longestStallMs(async () => {
        outcomes.push(await send(object ?? Buffer.alloc(0)));
      });
    const stallMs = await slowOnlyWhenAlways(attempt, (stalled) => stalled > stallMsMax);
    expect(outcomes[0]).toMatchObject({ kind: 'delivered' });
    expect(bytesOf(sent[0]).length).toBeGreaterThan(7_000_000);
    expect(stallMs).toBeLessThan(stallMsMax);
  });

  test('an object whose thread was lost is tried again, and the next one leaves', async () => {
    const timers: (() => void)[] = [];
    const { nowMs, monotonicMs } = systemClock;
    const after = (_ms: number, call: () => void) => {
      timers.push(call);
      return () => {};
    };
    const { sent, send } = open({ ...systemClock, nowMs, monotonicMs, after });
    const both = [send(ordinary()), send(ordinary())];
    while (timers.length === 0) await new Promise((next) => setImmediate(next));
    timers[0]?.();
    expect(await both[0]).toMatchObject({ kind: 'retry', error: { code: 'BH_DICOM_WORKER' } });
    expect(await both[1]).toMatchObject({ kind: 'delivered' });
    expect(sent).toHaveLength(1);
  });
});
