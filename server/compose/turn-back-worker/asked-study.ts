import { open } from 'node:fs/promises';
import { fileSource } from '../../../connectors/dicom-objects/file-source.ts';
import type { Ask } from '../../../connectors/thread-questions.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { DicomDataset, readHeader, type WritableDataset, writableOf } from '../../../formats/dicom/index.ts';
import { pseudonymsOf, type SentInstance, type SentStudy } from '../../../mappings/deidentify/index.ts';
import type { OriginalBody, SentInstanceNote, TurnBackAnswers } from './protocol.ts';

type AskEngine = Ask<TurnBackAnswers>;

/** The study that left under a UID, as the engine tells it; its originals are read here. */
export async function askedStudy(ask: AskEngine, sentStudyUid: string): Promise<SentStudy | undefined> {
  const note = await ask('study', sentStudyUid);
  if (note === undefined) return undefined;
  const { secret, ...study } = note;
  return {
    ...study,
    pseudonyms: pseudonymsOf(secret),
    instances: await askedInstances(ask),
    wasSent: (sopInstanceUid) => ask('wasSent', sopInstanceUid),
  };
}

async function askedInstances(ask: AskEngine): Promise<readonly SentInstance[]> {
  const instances: SentInstance[] = [];
  for (;;) {
    const notes = await ask('instances', instances.length);
    for (const note of notes) instances.push(askedInstance(ask, note, instances.length));
    if (notes.length < limits.reidentifyInstancesAtOnce) return instances;
  }
}

function askedInstance(ask: AskEngine, note: SentInstanceNote, place: number): SentInstance {
  let sent: Promise<boolean> | undefined;
  return {
    ...note,
    wasSent() {
      sent ??= ask('instanceWasSent', place);
      return sent;
    },
    read: async () => headerOf(await ask('original', place)),
  };
}

/** What stands before the pixels, without values over 1 MiB. */
async function headerOf({ path, bytesCount }: OriginalBody): Promise<WritableDataset> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    // Anything else, as too many open files, may pass: only what is gone is the fault of the result.
    if (cause.code !== 'ENOENT') throw cause;
    throw new BitHiveError('BH_STORE_NOT_FOUND', 'the body of an original is not there', { cause });
  });
  try {
    const header = await readHeader(fileSource(file, bytesCount));
    const read = new DicomDataset(header.transferSyntaxUid, header.isBigEndian, undefined, header.meta);
    for (const element of header.elements)
      if (element.isLoaded || element.items !== undefined) read.add(element);
    return writableOf(read);
  } finally {
    await file.close();
  }
}
