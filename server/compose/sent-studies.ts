import { BlobSource } from '../../connectors/dicom-objects/blob-source.ts';
import { BitHiveError } from '../../core/errors.ts';
import { type MessageId, parseBlobHash } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { MessageSummary } from '../../core/message.ts';
import type { Blobs, Store } from '../../core/ports/index.ts';
import { DicomDataset, readHeader, type WritableDataset, writableOf } from '../../formats/dicom/index.ts';
import {
  type Pseudonyms,
  patientNamed,
  type SentInstance,
  type SentStudy,
} from '../../mappings/deidentify/index.ts';
import { type SentRecord, sentRecordType } from './sent-records.ts';

export interface SentStudiesOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  /** The destination by which they left. */
  readonly channel: string;
  readonly destination: string;
  readonly pseudonyms: readonly Pseudonyms[];
}

/**
 * Finds the study that left under a UID: by the note that was made before it left, and by the messages that are still kept.
 *
 * @throws BH_REIDENTIFY_UNCERTAIN where it left by rules that contradict each other
 */
export function sentStudies(options: SentStudiesOptions) {
  return async (sentStudyUid: string): Promise<SentStudy | undefined> => {
    const { store, channel, destination } = options;
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
    const pseudonyms = options.pseudonyms.find(
      (one) => keepsUids || one.uid(studyInstanceUid) === sentStudyUid,
    );
    if (pseudonyms === undefined) return undefined;
    const sentFromMs = Math.min(...records.map(({ receivedAtMs }) => receivedAtMs));
    const instances = await instancesOf(studyInstanceUid, options);
    const wasSent = (sopInstanceUid: string) => wasSentAs(sopInstanceUid, options);
    return { studyInstanceUid, dates, keepsUids, pseudonyms, sentFromMs, instances, wasSent };
  };
}

/** The objects of the study in the channel, oldest first; one that came more than once is one. */
async function instancesOf(
  studyInstanceUid: string,
  options: SentStudiesOptions,
): Promise<readonly SentInstance[]> {
  const found: MessageSummary[] = [];
  let before: MessageId | undefined;
  for (;;) {
    const page = await options.store.listMessages({
      channel: options.channel,
      kind: 'dicom',
      keys: [{ name: 'study-uid', value: studyInstanceUid }],
      limit: limits.searchRowsMax,
      ...(before === undefined ? {} : { before }),
    });
    found.push(...page);
    before = page.at(-1)?.id;
    if (page.length < limits.searchRowsMax || found.length >= limits.studyInstancesMax) break;
  }
  const byObject = new Map<string, MessageSummary[]>();
  for (const message of found.reverse()) {
    const facts = message.facts ?? {};
    const key = `${textOf(facts, 'sopInstanceUid')}|${patientOf(facts, studyInstanceUid)}`;
    byObject.set(key, [...(byObject.get(key) ?? []), message]);
  }
  return [...byObject.values()].map((messages) => sentInstance(messages, studyInstanceUid, options));
}

async function wasSentAs(sopInstanceUid: string, options: SentStudiesOptions): Promise<boolean> {
  const messages = await options.store.listMessages({
    channel: options.channel,
    kind: 'dicom',
    keys: [{ name: 'sop-uid', value: sopInstanceUid }],
    limit: limits.searchRowsMax,
  });
  return (await firstOf(messages, (message) => hasLeft(message, options))) !== undefined;
}

const textOf = (facts: JsonObject, name: string): string => {
  const value = facts[name];
  return typeof value === 'string' ? value : '';
};

const patientOf = (facts: JsonObject, studyInstanceUid: string): string =>
  patientNamed({
    patientId: textOf(facts, 'patientId'),
    patientIdIssuer: textOf(facts, 'patientIdIssuer'),
    studyInstanceUid,
  });

function sentInstance(
  messages: readonly MessageSummary[],
  studyInstanceUid: string,
  options: SentStudiesOptions,
): SentInstance {
  const facts = messages[0]?.facts ?? {};
  let sent: Promise<MessageSummary | undefined> | undefined;
  const firstSent = (): Promise<MessageSummary | undefined> => {
    sent ??= firstOf(messages, (message) => hasLeft(message, options));
    return sent;
  };
  return {
    sopInstanceUid: textOf(facts, 'sopInstanceUid'),
    seriesInstanceUid: textOf(facts, 'seriesInstanceUid'),
    accessionNumber: textOf(facts, 'accessionNumber'),
    patient: patientOf(facts, studyInstanceUid),
    wasSent: async () => (await firstSent()) !== undefined,
    async read() {
      const message = await firstSent();
      return headerOf(message ?? (messages[0] as MessageSummary), options.blobs);
    },
  };
}

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

/** What stands before the pixels, without values over 1 MiB. */
async function headerOf({ bodySize, id }: MessageSummary, blobs: Blobs): Promise<WritableDataset> {
  const hash = parseBlobHash(bodySize.hash ?? '');
  if (hash === null) throw new BitHiveError('BH_STORE_NOT_FOUND', `the body of message ${id}`);
  const { bytesCount } = bodySize;
  const source = new BlobSource(bytesCount, Buffer.alloc(0), Promise.resolve({ hash, bytesCount }), blobs);
  try {
    const header = await readHeader(source);
    const read = new DicomDataset(header.transferSyntaxUid, header.isBigEndian, undefined, header.meta);
    for (const element of header.elements)
      if (element.isLoaded || element.items !== undefined) read.add(element);
    return writableOf(read);
  } finally {
    await source.close();
  }
}
