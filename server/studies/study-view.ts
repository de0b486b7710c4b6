import type { Json, JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { MessageSummary } from '../../core/message.ts';
import type { StateValue, Store } from '../../core/ports/index.ts';
import type { StudyInstance } from '../../core/study.ts';
import { type HeldReports, parseHeld, parseHeldList } from '../../pipelines/study/held-reports.ts';
import { parsePriorsState } from '../../pipelines/study/priors.ts';
import {
  awaitedScope,
  heldListKey,
  heldListScope,
  heldScope,
  priorsScope,
} from '../../pipelines/study/scopes.ts';
import { parseAwaitedOrder, parseStoredInstance, parseStudyState } from '../../pipelines/study/stored.ts';
import type { StudyState } from '../../pipelines/study/study-state.ts';

type Reading = Pick<Store, 'readStates' | 'listMessages' | 'listDeliveries' | 'lineage'>;

/** A study as an operator asks for it: what each channel that took images of it knows, and what became of it. */
export interface StudyView {
  readonly studyInstanceUid: string;
  readonly channels: readonly JsonObject[];
}

/** Every channel that has messages of the study; none: nothing is known of it. */
export async function channelsOfStudy(store: Reading, uid: string): Promise<readonly string[]> {
  const found = await messagesOf(store, uid);
  return [...new Set(found.map(({ channel }) => channel))].sort();
}

export async function studyView(store: Reading, uid: string): Promise<StudyView> {
  const messages = await messagesOf(store, uid);
  const names = [...new Set(messages.map(({ channel }) => channel))].sort();
  const views: JsonObject[] = [];
  for (const channel of names) {
    const view = await channelView(store, channel, uid, messages);
    if (view !== null) views.push(view);
  }
  return { studyInstanceUid: uid, channels: views };
}

/** Studies whose reports wait for an operator, the oldest first. */
export async function heldStudies(
  store: Pick<Store, 'readStates'>,
  channels: readonly string[],
): Promise<readonly JsonObject[]> {
  const requests = channels.map((channel) => ({
    scope: heldListScope(channel),
    key: heldListKey,
    withItems: false,
  }));
  const found = await store.readStates(requests);
  return found
    .flatMap(({ scope, value }) =>
      parseHeldList(value).studies.map(({ sinceMs, ...study }) => ({
        channel: channels.find((channel) => heldListScope(channel) === scope) ?? '',
        ...study,
        since: iso(sinceMs),
      })),
    )
    .sort((a, b) => a.since.localeCompare(b.since));
}

const messagesOf = (store: Reading, uid: string): Promise<readonly MessageSummary[]> =>
  store.listMessages({ keys: [{ name: 'study-uid', value: uid }], limit: limits.searchRowsMax });

async function channelView(
  store: Reading,
  channel: string,
  uid: string,
  messages: readonly MessageSummary[],
): Promise<JsonObject | null> {
  const scopes = [heldScope(channel), awaitedScope(channel), priorsScope(channel)];
  const values = await store.readStates([
    { scope: channel, key: uid, withItems: true },
    ...scopes.map((scope) => ({ scope, key: uid, withItems: false })),
  ]);
  const stored = (scope: string): StateValue | undefined => values.find((one) => one.scope === scope);
  const own = stored(channel);
  const state = parseStudyState(own?.value);
  if (state === undefined) return null;
  const instances = (own?.items ?? []).map(({ value }) => parseStoredInstance(value));
  const held = parseHeld(stored(heldScope(channel))?.value);
  const awaited = parseAwaitedOrder(stored(awaitedScope(channel))?.value);
  const priors = parsePriorsState(stored(priorsScope(channel))?.value);
  const reports: JsonObject[] = [];
  for (const message of messages)
    if (message.channel === channel && message.kind === 'finding')
      reports.push(await reportView(store, message));
  return plain({
    channel,
    ...stateView(state),
    series: seriesView(instances),
    order: state.match ?? null,
    ...(held === undefined ? {} : { held: heldView(held) }),
    ...(awaited === undefined
      ? {}
      : {
          awaitsOrder: {
            since: iso(awaited.sinceMs),
            models: awaited.findings.map(({ model }) => model.name),
          },
        }),
    ...(priors === undefined ? {} : { priors }),
    reports,
  });
}

function stateView(state: StudyState) {
  const { status, version, instances, openedAtMs, lastAtMs, lookAtMs, held, steps, missing, count } = state;
  return {
    status,
    version,
    instances,
    openedAt: iso(openedAtMs),
    lastInstanceAt: iso(lastAtMs),
    ...(held === undefined ? {} : { waitsFor: held, looksAt: iso(lookAtMs ?? lastAtMs) }),
    ...(steps === undefined ? {} : { procedureSteps: steps }),
    ...(missing === undefined || missing === 0 ? {} : { announcedAndMissing: missing }),
    ...(count?.answer === undefined ? {} : { archiveHas: count.answer }),
    versions: (state.completions ?? []).map(({ atMs, ...completion }) => ({ ...completion, at: iso(atMs) })),
  };
}

function seriesView(instances: readonly StudyInstance[]) {
  const series = new Map<string, { modality: string; description?: string; instances: number }>();
  for (const { seriesInstanceUid, modality, seriesDescription } of instances) {
    const known = series.get(seriesInstanceUid) ?? {
      modality,
      ...(seriesDescription === undefined ? {} : { description: seriesDescription }),
      instances: 0,
    };
    series.set(seriesInstanceUid, { ...known, instances: known.instances + 1 });
  }
  return [...series].map(([seriesInstanceUid, rest]) => ({ seriesInstanceUid, ...rest }));
}

function heldView({ sinceMs, decision, ...held }: HeldReports) {
  const decided = decision && {
    word: decision.word,
    withOrder: decision.withOrder,
    by: decision.by,
    at: iso(decision.atMs),
    ...(decision.reason ? { reason: decision.reason } : {}),
  };
  return { ...held, since: iso(sinceMs), ...(decided ? { decision: decided } : {}) };
}

/** One answer of a model, and where what was made of it went. */
async function reportView(store: Reading, message: MessageSummary): Promise<JsonObject> {
  const deliveries = await store.listDeliveries({ messageId: message.id, limit: limits.searchRowsMax });
  const { report } = await store.lineage(message.id);
  return plain({
    model: message.type,
    message: message.id,
    at: iso(message.receivedAtMs),
    status: message.status,
    ...(report?.held === undefined ? {} : { held: report.held }),
    deliveries: deliveries.map(
      ({ id, destination, state, contentType, attempts, settledAtMs, lastError }) => ({
        id,
        destination,
        contentType,
        state,
        attempts,
        ...(settledAtMs === undefined ? {} : { settledAt: iso(settledAtMs) }),
        ...(lastError === undefined ? {} : { error: lastError.code }),
      }),
    ),
  });
}

const iso = (ms: number): string => new Date(ms).toISOString();
const plain = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject & Json;
