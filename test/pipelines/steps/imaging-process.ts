import { z } from 'zod';
import type { NewDelivery } from '../../../core/delivery.ts';
import { type BlobHash, messageId } from '../../../core/ids.ts';
import { type InferenceJob, inferenceJobContentType } from '../../../core/inference.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import type { Message } from '../../../core/message.ts';
import type { OrderFacts } from '../../../core/order.ts';
import { orderScope } from '../../../core/order.ts';
import type { Destination, ProcessedMessage, Source, StateItem } from '../../../core/ports/index.ts';
import { type StudyNotice, type StudyQuery, studyQueryContentType } from '../../../core/study-query.ts';
import type { Bundle, Resource } from '../../../mappings/index.ts';
import { catalogOf } from '../../../pipelines/channel/catalog.ts';
import { compileChannel } from '../../../pipelines/channel/compile.ts';
import { MissingState, processMessage } from '../../../pipelines/process/process-message.ts';
import { Subject } from '../../../pipelines/process/subject.ts';
import { assembleStudy } from '../../../pipelines/steps/assemble-study.ts';
import { reportFinding } from '../../../pipelines/steps/report-finding.ts';
import { routeStudy } from '../../../pipelines/steps/route-study.ts';
import { site } from '../../mappings/site.ts';

export interface ImagingSteps {
  readonly assemble?: string;
  readonly route?: string;
  readonly report?: string;
}

const channelText = ({
  assemble = '{ quietMs: 1000, forcedMs: 60000 }',
  route = '[{ model: chest }, { model: stat-only, when: "order.urgency = stat" }]',
  report = 'finding-to-fhir',
}: ImagingSteps): string => `
channel: imaging
source: { dicomweb: {} }
key: StudyInstanceUID
steps:
  - assemble: ${assemble}
  - route: ${route}
  - report: ${report}
to:
  - out: {}
`;

const catalog = catalogOf({
  sources: [
    {
      kind: 'dicomweb',
      messageKind: 'dicom',
      settings: z.unknown(),
      create: () => ({}) as Source,
    },
  ],
  destinations: [
    { kind: 'out', settings: z.unknown(), takes: () => true, create: () => ({}) as Destination },
  ],
  steps: [
    assembleStudy(site),
    routeStudy((model) =>
      model === 'compare' ? { count: 1, modalities: ['DX'], sameBodyPart: true } : undefined,
    ),
    reportFinding(site),
  ],
});

const keyOf = (scope: string, key: string): string => `${scope} ${key}`;

/** The verb *process* of the imaging channel with its states and timers in memory: time passes when the test says so. */
export class ImagingProcess {
  readonly states = new Map<string, Json>();
  readonly items = new Map<string, Map<string, Json>>();
  readonly timers = new Map<string, { key: string; name: string; dueAtMs: number }>();
  readonly jobs: { readonly job: InferenceJob; readonly priority: number }[] = [];
  readonly bundles: Bundle[] = [];
  readonly queries: StudyQuery[] = [];
  nowMs = Date.UTC(2026, 10, 22, 8);
  #id = 0;
  readonly #channel;

  constructor(steps: ImagingSteps = {}) {
    this.#channel = compileChannel(channelText(steps), 'imaging.yaml', catalog, {});
  }

  process(message: Partial<Message>, body?: Json): ProcessedMessage {
    this.#id += 1;
    const bytes = new TextEncoder().encode(JSON.stringify(body ?? {}));
    const whole = {
      id: messageId(this.#id),
      status: 'received',
      channel: 'imaging',
      channelVersion: 1,
      sender: 'test',
      contentType: 'application/json',
      searchKeys: [],
      keys: [],
      type: '',
      receivedAtMs: this.nowMs,
      body: { kind: 'inline', bytes },
      ...message,
    } as Message;
    const destinations = this.#channel.destinations.map((one) => ({
      ...one,
      open: { target: 'out' } as Destination,
    }));
    const result = processMessage(this.#channel, destinations, new Subject(whole, bytes), {
      value: (scope, key) => this.states.get(keyOf(scope, key)),
      items: (scope, key) => this.#itemsOf(scope, key),
    });
    if (result instanceof MissingState) throw new RangeError('every state is loaded');
    this.#commit(result);
    return result;
  }

  instance(facts: JsonObject = {}): ProcessedMessage {
    const body = { kind: 'blob', hash: 'a'.repeat(64) as BlobHash, bytesCount: 10 } as const;
    return this.process({ kind: 'dicom', body, facts: { ...instanceFacts, ...facts } });
  }

  notice(notice: StudyNotice): ProcessedMessage {
    const facts = { studyInstanceUid: notice.studyInstanceUid };
    return this.process({ kind: 'notice', facts }, JSON.parse(JSON.stringify(notice)) as Json);
  }

  /** The grid answers a job; `facts` replaces what it says. */
  finding({ job }: { readonly job: InferenceJob }, facts: JsonObject = {}): ProcessedMessage {
    const body = { ...findingOf(job), ...facts };
    return this.process({ kind: 'finding' }, JSON.parse(JSON.stringify(body)) as Json);
  }

  order(facts: Partial<OrderFacts> = {}): void {
    const order = { ...orderFacts, ...facts };
    this.states.set(keyOf(orderScope, order.accessionNumber), JSON.parse(JSON.stringify(order)) as Json);
  }

  /** Lets time pass; every timer that becomes due fires, in its order. */
  pass(ms: number): readonly ProcessedMessage[] {
    const untilMs = this.nowMs + ms;
    const fired: ProcessedMessage[] = [];
    for (;;) {
      const next = [...this.timers.values()].sort((a, b) => a.dueAtMs - b.dueAtMs)[0];
      if (next === undefined || next.dueAtMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next.dueAtMs);
      this.timers.delete(keyOf(next.key, next.name));
      fired.push(this.process({ kind: 'timer', type: next.name, keys: [next.key] }));
    }
    this.nowMs = untilMs;
    return fired;
  }

  /** A study of one image that went to the model `chest`. */
  study(facts: JsonObject = {}): { readonly job: InferenceJob; readonly priority: number } {
    this.instance(facts);
    this.pass(1_500);
    const job = this.jobs.at(-1);
    if (job === undefined) throw new RangeError('the study went to a model');
    return job;
  }

  resources(type: string, bundle = this.bundles.at(-1)): readonly Resource[] {
    return (bundle?.entry ?? [])
      .map(({ resource }) => resource)
      .filter(({ resourceType }) => resourceType === type);
  }

  #itemsOf(scope: string, key: string): readonly StateItem[] {
    return [...(this.items.get(keyOf(scope, key)) ?? [])].map(([itemKey, value]) => ({ itemKey, value }));
  }

  #commit({ states, items, timers, deliveries }: ProcessedMessage): void {
    for (const { scope, key, value } of states) {
      this.states.set(keyOf(scope, key), value);
      if (value !== null) continue;
      this.states.delete(keyOf(scope, key));
      this.items.delete(keyOf(scope, key));
    }
    for (const { scope, key, itemKey, value } of items) {
      const known = this.items.get(keyOf(scope, key)) ?? new Map<string, Json>();
      this.items.set(keyOf(scope, key), known.set(itemKey, value));
    }
    for (const { key, name, dueAtMs } of timers) {
      if (dueAtMs === null) this.timers.delete(keyOf(key, name));
      else this.timers.set(keyOf(key, name), { key, name, dueAtMs });
    }
    for (const delivery of deliveries) this.#deliver(delivery);
  }

  #deliver({ contentType, body, priority }: NewDelivery): void {
    if (body.kind !== 'inline') return;
    const text = new TextDecoder().decode(body.bytes);
    if (contentType === inferenceJobContentType)
      this.jobs.push({ job: JSON.parse(text) as InferenceJob, priority });
    else if (contentType === studyQueryContentType) this.queries.push(JSON.parse(text) as StudyQuery);
    else if (contentType === 'application/fhir+json') this.bundles.push(JSON.parse(text) as Bundle);
  }
}

const instanceFacts: JsonObject = {
  sopInstanceUid: '1.2.3.1.1',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  studyInstanceUid: '1.2.3',
  seriesInstanceUid: '1.2.3.1',
  modality: 'DX',
  accessionNumber: 'ACC1',
  patientId: '1001',
  instanceNumber: 1,
};

const orderFacts: OrderFacts = {
  accessionNumber: 'ACC1',
  patientId: '1001',
  urgency: 'stat',
  messageId: 77,
  identifiers: [{ system: 'https://his.example/order', value: 'P1' }],
};

const findingOf = ({ study, order, model }: InferenceJob) => ({
  study,
  ...(order ? { order } : {}),
  model: {
    name: model,
    version: '1.0.0',
    sha256: 'f'.repeat(64),
    intendedUse: 'Shows the path.',
    publisher: 'BitHive',
    licence: 'CC0',
  },
  ranAtMs: Date.UTC(2026, 10, 22, 8, 0, 3),
  durationMs: 12,
  status: 'completed',
  sopInstanceUid: '1.2.3.1.1',
  target: { code: '233604007', system: 'http://snomed.info/sct', display: 'Pneumonia' },
  probability: 0.75,
  threshold: 0.5,
  positive: true,
});
