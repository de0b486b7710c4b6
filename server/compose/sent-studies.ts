import { BitHiveError } from '../../core/errors.ts';
import { type MessageId, parseBlobHash } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { MessageSummary } from '../../core/message.ts';
import type { Blobs, Store } from '../../core/ports/index.ts';
import { patientNamed, pseudonymsOf } from '../../mappings/deidentify/index.ts';
import { type SentRecord, sentRecordType } from './sent-records.ts';
import type {
  OriginalBody,
  SentInstanceNote,
  SentStudyNote,
  TurnBackAnswers,
} from './turn-back-worker/protocol.ts';

export interface SentStudiesOptions {
  readonly store: Store;
  readonly blobs: Pick<Blobs, 'pathOf'>;
  /** The destination by which they left. */
  readonly channel: string;
  readonly destination: string;
  /** What its pseudonyms are made by, and were. */
  readonly secrets: readonly string[];
}

/** An object of the study, and the messages with which it came. */
interface SentObject {
  readonly note: SentInstanceNote;
  readonly messages: MessageSummary[];
  sent?: Promise<MessageSummary | undefined>;
}

/** What is known of the study behind one result: by the note that was made before it left, and by the messages that are still kept. */
export function sentStudies(options: SentStudiesOptions): TurnBackAnswers {
  let objects: readonly SentObject[] = [];
  const firstSent = async (place: number): Promise<MessageSummary | undefined> => {
    const object = objects[place];
    if (object === undefined) return undefined;
    object.sent ??= firstOf(object.messages, (message) => hasLeft(message, options));
    return object.sent;
  };
  return {
    async study(sentStudyUid) {
      const study = await studyOf(sentStudyUid, options);
      objects = study === undefined ? [] : await objectsOf(study.studyInstanceUid, options);
      return study;
    },
    instances: async (from) =>
      objects.slice(from, from + limits.reidentifyInstancesAtOnce).map(({ note }) => note),
    async wasSent(sopInstanceUid) {
      const messages = await options.store.listMessages({
        channel: options.channel,
        kind: 'dicom',
        keys: [{ name: 'sop-uid', value: sopInstanceUid }],
        limit: limits.searchRowsMax,
      });
      return (await firstOf(messages, (message) => hasLeft(message, options))) !== undefined;
    },
    instanceWasSent: async (place) => (await firstSent(place)) !== undefined,
    original: async (place) => bodyOf((await firstSent(place)) ?? objects[place]?.messages[0], options),
  };
}

async function studyOf(
  sentStudyUid: string,
  { store, channel, destination, secrets }: SentStudiesOptions,
): Promise<SentStudyNote | undefined> {
  const notes = await store.listMessages({
    channel,
    kind: 'answer',
    type: sentRecordType,
    keys: [{ name: 'study-uid', value: sentStudyUid }],
    limit: limits.searchRowsMax,
  });
  const records = notes.flatMap(({ facts, receivedAtMs }) => {
    const record = facts as unknown as SentRecord;
    return record.sentBy === destination ? [{ ...record, receivedAtMs }] : [];
  });
  const [record] = records;
  if (record === undefined) return undefined;
  const { studyInstanceUid, dates, keepsUids } = record;
  if (records.some((one) => one.dates !== dates || one.keepsUids !== keepsUids)) {
    const detail = `the study left by ${destination} under several rules for dates or UIDs`;
    throw new BitHiveError('BH_REIDENTIFY_UNCERTAIN', detail);
  }
  const secret = secrets.find((one) => keepsUids || pseudonymsOf(one).uid(studyInstanceUid) === sentStudyUid);
  if (secret === undefined) return undefined;
  const sentFromMs = Math.min(...records.map(({ receivedAtMs }) => receivedAtMs));
  return { studyInstanceUid, dates, keepsUids, secret, sentFromMs };
}

/** The objects of the study in the channel, oldest first; one that came more than once is one. */
async function objectsOf(
  studyInstanceUid: string,
  { store, channel }: SentStudiesOptions,
): Promise<readonly SentObject[]> {
  const byObject = new Map<string, SentObject>();
  let count = 0;
  let before: MessageId | undefined;
  for (;;) {
    const page = await store.listMessages({
      channel,
      kind: 'dicom',
      keys: [{ name: 'study-uid', value: studyInstanceUid }],
      limit: limits.searchRowsMax,
      ...(before === undefined ? {} : { before }),
    });
    for (const message of page) {
      const note = noteOf(message.facts ?? {}, studyInstanceUid);
      const key = `${note.sopInstanceUid}|${note.patient}`;
      const known = byObject.get(key);
      // The oldest says what the object is: pages come newest first.
      byObject.delete(key);
      byObject.set(key, { note, messages: known?.messages ?? [] });
      byObject.get(key)?.messages.push(message);
    }
    count += page.length;
    before = page.at(-1)?.id;
    if (page.length < limits.searchRowsMax || count >= limits.studyInstancesMax) break;
  }
  const oldestFirst = [...byObject.values()].reverse();
  for (const { messages } of oldestFirst) messages.reverse();
  return oldestFirst;
}

function noteOf(facts: JsonObject, studyInstanceUid: string): SentInstanceNote {
  return {
    sopInstanceUid: textOf(facts, 'sopInstanceUid'),
    seriesInstanceUid: textOf(facts, 'seriesInstanceUid'),
    accessionNumber: textOf(facts, 'accessionNumber'),
    patient: patientNamed({
      patientId: textOf(facts, 'patientId'),
      patientIdIssuer: textOf(facts, 'patientIdIssuer'),
      studyInstanceUid,
    }),
  };
}

const textOf = (facts: JsonObject, name: string): string => {
  const value = facts[name];
  return typeof value === 'string' ? value : '';
};

async function firstOf<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<T | undefined> {
  for (const one of all) if (await holds(one)) return one;
  return undefined;
}

/** Delivered, or sent in a way that it may have been. */
async function hasLeft(
  { id }: MessageSummary,
  { store, channel, destination }: SentStudiesOptions,
): Promise<boolean> {
  const deliveries = await store.listDeliveries({ channel, destination, messageId: id, limit: 10 });
  return deliveries.some(
    ({ state, attempts }) =>
      state === 'delivered' ||
      state === 'unknown' ||
      (attempts > 0 && state !== 'dead' && state !== 'cancelled'),
  );
}

function bodyOf(message: MessageSummary | undefined, { blobs }: SentStudiesOptions): OriginalBody {
  const hash = parseBlobHash(message?.bodySize.hash ?? '');
  const path = hash === null ? null : blobs.pathOf(hash);
  if (message === undefined || path === null)
    throw new BitHiveError('BH_STORE_NOT_FOUND', `the body of message ${message?.id ?? '(none)'}`);
  return { path, bytesCount: message.bodySize.bytesCount };
}
