import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { Refusal } from '../../core/message.ts';
import type { Accept, Blobs, BlobWriter, Logger, StoredBlob } from '../../core/ports/index.ts';
import type { InstanceFacts } from '../../core/study.ts';
import {
  type DicomDataset,
  instanceFacts,
  readHeader,
  tags,
  verifyPixelData,
} from '../../formats/dicom/index.ts';
import { BlobSource, Head } from './blob-source.ts';
import { dataSetStart } from './data-set-start.ts';
import { type ObjectUids, readMetaUids } from './file-meta.ts';
import { instanceArrival, refusedArrival } from './instance-arrival.ts';
import type { InstanceResult } from './instance-result.ts';
import { PartFile } from './part-file.ts';

export interface IntakeOptions {
  /** First word of what is logged: `dicomweb`, `dimse`. */
  readonly protocol: string;
  readonly blobs: Blobs;
  readonly accept: Accept;
  readonly logger: Logger;
  readonly sender: string;
  readonly objectBytesMax: number;
}

/** One object, as it came off the wire. */
export interface IncomingObject {
  /** A PS3.10 file. */
  readonly body: AsyncIterable<Uint8Array>;
  /** What the door holds against it once its header is read; null when it could not be read. */
  readonly objection?: (facts: InstanceFacts | null) => Refusal | undefined;
}

/** What a header said, as far as it could be read. */
interface Reading {
  readonly uids: ObjectUids;
  readonly facts?: InstanceFacts;
  readonly refusal?: Refusal;
}

/** An object whose last byte was handed to the blob store. */
interface Received {
  readonly writer: BlobWriter;
  readonly head: Buffer;
  readonly bytesCount: number;
}

type Objection = NonNullable<IncomingObject['objection']>;
const nothingAgainst: Objection = () => undefined;

/** Brings the objects of one sender to disk, then to `accept`: first the bytes are durable, then the row, then the answer. */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Streams one object into a blob; returns what is left to do, which may run while the next object streams. Rejects with what the
   * body throws, after the partial blob is removed. A blob store that can't write fails this instance only: the rest of its bytes is skipped.
   */
  async receive(incoming: IncomingObject): Promise<() => Promise<InstanceResult>> {
    const head = new Head();
    const file = new PartFile(this.#options.blobs, this.#options.objectBytesMax);
    try {
      await file.open();
      let start: number | null = null;
      for await (const piece of incoming.body) {
        head.take(piece);
        if (start === null) {
          start = dataSetStart(head.bytes());
          if (start !== null) file.writer?.hashTail(start);
        }
        const room = file.write(piece);
        if (room !== undefined) await room;
      }
      if (start === null) file.writer?.hashTail(0);
    } catch (error) {
      await file.abort();
      throw error;
    }
    const { failure, writer } = file;
    if (failure !== null || writer === null) {
      await file.abort();
      return async () => this.#failed(failure, readMetaUids(head.bytes()));
    }
    const received = { writer, head: head.bytes(), bytesCount: file.bytesCount };
    return () => this.#finish(received, incoming.objection ?? nothingAgainst);
  }

  /** Never rejects. */
  async #finish(received: Received, objection: Objection): Promise<InstanceResult> {
    const { writer, head, bytesCount } = received;
    const stored = writer.commit();
    const source = new BlobSource(bytesCount, head, stored, this.#options.blobs);
    let uids = readMetaUids(head);
    try {
      const read = this.#read(source, head, objection);
      const [blob, reading] = await Promise.allSettled([stored, read]);
      await source.close();
      if (blob.status === 'rejected') {
        await writer.abort();
        throw blob.reason;
      }
      if (reading.status === 'rejected') throw reading.reason;
      uids = reading.value.uids;
      return await this.#accept(reading.value, blob.value);
    } catch (error) {
      return this.#failed(error, uids);
    }
  }

  /** Reads the header under its guards. What the sender did wrong comes back as a refusal, what failed here is thrown. */
  async #read(source: BlobSource, head: Buffer, objection: Objection): Promise<Reading> {
    let dataset: DicomDataset | undefined;
    try {
      dataset = await readHeader(source);
      await verifyPixelData(source, dataset);
      const facts = instanceFacts(dataset);
      const refusal = objection(facts);
      return { uids: facts, facts, ...(refusal === undefined ? {} : { refusal }) };
    } catch (error) {
      if (!(error instanceof BitHiveError) || !error.code.startsWith('BH_DICOM_')) throw error;
      const refusal = objection(null) ?? { code: error.code, detail: error.detail };
      return { uids: dataset === undefined ? readMetaUids(head) : uidsOf(dataset), refusal };
    }
  }

  async #accept(reading: Reading, blob: StoredBlob): Promise<InstanceResult> {
    const { accept, sender } = this.#options;
    const { facts, refusal, uids } = reading;
    if (facts === undefined || refusal !== undefined) {
      const reason = refusal ?? { code: 'BH_DICOM_SYNTAX', detail: 'no facts' };
      const answer = await accept(refusedArrival(reason, uids, blob, sender, facts));
      return {
        kind: 'refused',
        error: answer.kind === 'refused' ? answer.error : reason,
        uids,
        isKept: true,
      };
    }
    const answer = await accept(instanceArrival(facts, blob, sender));
    if (answer.kind === 'refused') return { kind: 'refused', error: answer.error, uids, isKept: true };
    const warning = answer.kind === 'accepted' ? answer.warning : undefined;
    return {
      kind: 'stored',
      facts,
      duplicate: answer.duplicate,
      ...(warning === undefined ? {} : { warning }),
    };
  }

  #failed(error: unknown, uids: ObjectUids): InstanceResult {
    const known = toBitHiveError(error);
    const { logger, protocol } = this.#options;
    logger.error(`${protocol}.instance.failed`, { code: known.code }, error);
    return { kind: 'refused', error: { code: known.code, detail: known.detail }, uids, isKept: false };
  }
}

function uidsOf(dataset: DicomDataset): ObjectUids {
  const sopClassUid = dataset.text(tags.sopClassUid);
  const sopInstanceUid = dataset.text(tags.sopInstanceUid);
  return {
    ...(sopClassUid === undefined ? {} : { sopClassUid: sopClassUid.slice(0, 64) }),
    ...(sopInstanceUid === undefined ? {} : { sopInstanceUid: sopInstanceUid.slice(0, 64) }),
  };
}
