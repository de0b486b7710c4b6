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
import { type ObjectUids, readMetaUids } from './file-meta.ts';
import { instanceArrival, refusedArrival } from './instance-arrival.ts';
import type { InstanceResult } from './instance-result.ts';
import { PartFile } from './part-file.ts';

export interface IntakeOptions {
  readonly blobs: Blobs;
  readonly accept: Accept;
  readonly logger: Logger;
  readonly sender: string;
  /** The study that the request names; instances of another one are refused. */
  readonly studyInstanceUid?: string;
  readonly partBytesMax: number;
}

/** One object, as it came off the wire. */
export interface IncomingPart {
  readonly contentType?: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/** What a header said, as far as it could be read. */
interface Reading {
  readonly uids: ObjectUids;
  readonly facts?: InstanceFacts;
  readonly refusal?: Refusal;
}

/** Brings the objects of one request to disk, then to `accept`: first the bytes are durable, then the row, then the answer. */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Streams one object into a blob; returns what is left to do, which may run while the next object streams. Rejects with what the
   * body throws, after the partial blob is removed. A blob store that can't write fails this instance only: the rest of its bytes is skipped.
   */
  async receive(part: IncomingPart): Promise<() => Promise<InstanceResult>> {
    const head = new Head();
    const file = new PartFile(this.#options.blobs, this.#options.partBytesMax);
    try {
      file.open();
      for await (const piece of part.body) {
        head.take(piece);
        await file.write(piece);
      }
      await file.end();
    } catch (error) {
      await file.abort();
      throw error;
    }
    const { failure, writer } = file;
    if (failure !== null || writer === null) {
      await file.abort();
      return async () => this.#failed(failure, readMetaUids(head.bytes()));
    }
    return () => this.#finish(writer, head.bytes(), file.bytesCount, part.contentType);
  }

  /** Never rejects. */
  async #finish(
    writer: BlobWriter,
    head: Buffer,
    bytesCount: number,
    contentType: string | undefined,
  ): Promise<InstanceResult> {
    const stored = writer.commit();
    const source = new BlobSource(bytesCount, head, stored, this.#options.blobs);
    let uids = readMetaUids(head);
    try {
      const [blob, reading] = await Promise.allSettled([stored, this.#read(source, head, contentType)]);
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
  async #read(source: BlobSource, head: Buffer, contentType: string | undefined): Promise<Reading> {
    let dataset: DicomDataset | undefined;
    try {
      dataset = await readHeader(source);
      await verifyPixelData(source, dataset);
      const facts = instanceFacts(dataset);
      const refusal = this.#wrongStudy(facts) ?? wrongType(contentType);
      return { uids: facts, facts, ...(refusal === undefined ? {} : { refusal }) };
    } catch (error) {
      if (!(error instanceof BitHiveError) || !error.code.startsWith('BH_DICOM_')) throw error;
      const refusal = wrongType(contentType) ?? { code: error.code, detail: error.detail };
      return { uids: dataset === undefined ? readMetaUids(head) : uidsOf(dataset), refusal };
    }
  }

  #wrongStudy(facts: InstanceFacts): Refusal | undefined {
    const asked = this.#options.studyInstanceUid;
    if (asked === undefined || asked === facts.studyInstanceUid) return undefined;
    return { code: 'BH_DICOM_STUDY_MISMATCH', detail: 'the instance is not of the study in the address' };
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
    this.#options.logger.error('dicomweb.instance.failed', { code: known.code }, error);
    return { kind: 'refused', error: { code: known.code, detail: known.detail }, uids, isKept: false };
  }
}

/** A part may leave its type out; the request has told it then. */
function wrongType(contentType: string | undefined): Refusal | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type === undefined || type === 'application/dicom' || type === 'application/octet-stream')
    return undefined;
  return { code: 'BH_HTTP_MEDIA_TYPE', detail: 'a part that is not application/dicom' };
}

function uidsOf(dataset: DicomDataset): ObjectUids {
  const sopClassUid = dataset.text(tags.sopClassUid);
  const sopInstanceUid = dataset.text(tags.sopInstanceUid);
  return {
    ...(sopClassUid === undefined ? {} : { sopClassUid: sopClassUid.slice(0, 64) }),
    ...(sopInstanceUid === undefined ? {} : { sopInstanceUid: sopInstanceUid.slice(0, 64) }),
  };
}
