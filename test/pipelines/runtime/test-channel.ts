import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import type { Arrival, MessageKind } from '../../../core/message.ts';
import {
  type Accept,
  type Blobs,
  type Clock,
  type Destination,
  type Source,
  type Store,
  silentLogger,
  silentMetrics,
} from '../../../core/ports/index.ts';
import { type ChannelCatalog, catalogOf, type StepKind } from '../../../pipelines/channel/catalog.ts';
import { compileChannels } from '../../../pipelines/channel/compile-channels.ts';
import { Pipelines } from '../../../pipelines/runtime/engine.ts';
import { assembleStudy } from '../../../pipelines/steps/assemble-study.ts';
import { routeStudy } from '../../../pipelines/steps/route-study.ts';
import { systemClock } from '../../../platform/clock.ts';
import { systemRandom } from '../../../platform/random.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { site } from '../../mappings/site.ts';

/** A receiver whose answers the test decides; it remembers what it was sent, in order. */
export class ScriptedReceiver {
  readonly sent: { readonly text: string; readonly delivery: LeasedDelivery }[] = [];
  answer: (text: string, delivery: LeasedDelivery) => DeliveryOutcome | Promise<DeliveryOutcome> = () => ({
    kind: 'delivered',
  });
  inFlight = new Set<string>();

  destination(target: string): Destination {
    return {
      kind: 'test',
      target,
      concurrency: 8,
      send: async (delivery, signal) => {
        const text =
          delivery.body.kind === 'inline'
            ? new TextDecoder().decode(delivery.body.bytes)
            : delivery.body.hash;
        this.sent.push({ text, delivery });
        return Promise.race([this.answer(text, delivery), stopped(signal)]);
      },
      close: async () => {},
    };
  }
}

/** What a destination says when it is told to stop: an answer that never comes must not hold the engine, or the test run. */
const stopped = (signal: AbortSignal) =>
  new Promise<DeliveryOutcome>((resolve) => {
    const error = { code: 'BH_STOPPING', detail: 'stopped before the answer' };
    signal.addEventListener('abort', () => resolve({ kind: 'retry', error }), { once: true });
  });

/** A door that the test pushes arrivals through. */
export class TestDoor implements Source {
  accept: Accept = () => Promise.reject(new TypeError('the door is shut'));
  async start(accept: Accept) {
    this.accept = accept;
    return { protocol: 'test', host: '127.0.0.1', port: 1 };
  }
  async stop() {}
}

export interface TestEngine {
  readonly store: Store;
  readonly pipelines: Pipelines;
  readonly doors: ReadonlyMap<string, TestDoor>;
  readonly receivers: Map<string, ScriptedReceiver>;
  readonly folder: string;
  stop(): Promise<void>;
  destroy(): Promise<void>;
}

export async function startTestEngine(
  channels: readonly string[],
  options: {
    folder?: string;
    receivers?: Map<string, ScriptedReceiver>;
    blobs?: Blobs;
    clock?: Clock;
    /** The store as the runtime sees it, with faults. */
    wrap?: (store: Store) => Store;
    steps?: readonly StepKind<unknown>[];
    /** Steps of each version of the map that is deployed; the first is in force. */
    maps?: { inForce: number; stepsOf(version: number): readonly StepKind<unknown>[] };
    environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<TestEngine> {
  const clock = options.clock ?? systemClock;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'bithive-pipelines-')));
  const store = await openSqliteStore({
    folder,
    clock,
    logger: silentLogger,
    writer: 'inline',
    diskFreeBytesMin: 0,
  });
  const receivers = options.receivers ?? new Map<string, ScriptedReceiver>();
  const doors = new Map<string, TestDoor>();
  const catalog = testCatalog(doors, receivers, options.steps ?? []);
  const environment = options.environment ?? {};
  const maps = options.maps && {
    inForce: options.maps.inForce,
    catalogOf: async (version: number) => testCatalog(doors, receivers, options.maps!.stepsOf(version)),
  };
  const files = channels.map((text, index) => ({ file: `channel-${index}.yaml`, text }));
  const pipelines = await Pipelines.prepare({
    ports: {
      store: options.wrap?.(store) ?? store,
      blobs: options.blobs ?? noBlobs,
      clock,
      random: systemRandom,
      logger: silentLogger,
      metrics: silentMetrics,
      owner: 'test',
    },
    catalog,
    ...(maps === undefined ? {} : { maps }),
    environment,
    channels: compileChannels(files, catalog, environment),
  });
  await pipelines.start();
  await pipelines.open();
  const stop = async () => {
    await pipelines.stop(1_000);
    await store.close();
  };
  return {
    store,
    pipelines,
    doors,
    receivers,
    folder,
    stop,
    destroy: () => rm(folder, { recursive: true, force: true }),
  };
}

function testCatalog(
  doors: Map<string, TestDoor>,
  receivers: Map<string, ScriptedReceiver>,
  steps: readonly StepKind<unknown>[],
): ChannelCatalog {
  const source = (kind: string, messageKind: MessageKind) => ({
    kind,
    messageKind,
    settings: z.unknown(),
    create: (_: unknown, { channel }: { channel: string }) => {
      const door = new TestDoor();
      doors.set(channel, door);
      return door;
    },
  });
  return catalogOf({
    sources: [source('hl7v2', 'hl7v2'), source('dicomweb', 'dicom')],
    destinations: [
      {
        kind: 'test',
        settings: z.object({ target: z.string(), takes: z.string() }),
        takes: () => true,
        create: ({ target }: { target: string }) => {
          const receiver = receivers.get(target) ?? new ScriptedReceiver();
          receivers.set(target, receiver);
          return receiver.destination(target);
        },
      },
    ],
    steps: [assembleStudy(site), routeStudy(), ...steps],
  });
}

const noBlobs = {} as Blobs;

export const hl7Arrival = (controlId: string, mrn: string, extra: Partial<Arrival> = {}): Arrival => {
  const text = [
    `MSH|^~\\&|HIS|H|E|H|20261122080000+0000||ADT^A08^ADT_A01|${controlId}|P|2.5.1`,
    `PID|1||${mrn}^^^H^MR||Test^${controlId}`,
    '',
  ].join('\r');
  return {
    kind: 'hl7v2',
    type: 'ADT^A08',
    sender: 'HIS|H',
    contentType: 'x-application/hl7-v2+er7',
    body: { kind: 'inline', bytes: new TextEncoder().encode(text) },
    searchKeys: [
      ['mrn', mrn],
      ['control-id', controlId],
    ],
    dedupe: { key: `HIS|H|${controlId}`, contentHash: controlId.padEnd(64, '0') },
    ...extra,
  };
};

export const mergeArrival = (controlId: string, survivor: string, prior: string): Arrival => {
  const text = [
    `MSH|^~\\&|HIS|H|E|H|20261122080000+0000||ADT^A40^ADT_A39|${controlId}|P|2.5.1`,
    `PID|1||${survivor}^^^H^MR||Test^${controlId}`,
    `MRG|${prior}^^^H^MR`,
    '',
  ].join('\r');
  return {
    ...hl7Arrival(controlId, survivor),
    type: 'ADT^A40',
    body: { kind: 'inline', bytes: new TextEncoder().encode(text) },
  };
};

export const controlIdOf = (text: string): string => text.split('|')[9] ?? '';
