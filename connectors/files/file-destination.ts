import type { DeliveryOutcome, LeasedDelivery } from '../../core/delivery.ts';
import { fhirBinaryContentType } from '../../core/document.ts';
import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { Blobs, Destination } from '../../core/ports/index.ts';
import { binaryJson } from '../../formats/fhir/index.ts';
import type { FileAccess } from './file-access.ts';
import { fileName, type NamePattern } from './name-pattern.ts';

export interface FileDestinationOptions {
  readonly kind: 'files' | 'sftp';
  readonly access: FileAccess;
  readonly folder: string;
  readonly namePattern: NamePattern;
  readonly blobs: Blobs;
}

/**
 * A folder as a receiver: each delivery is one file. It is written under a hidden name, synced, then renamed, and the folder is synced: whoever
 * reads the folder sees whole files only. An attempt that is made again, after a crash, gives the same name and content, so that it
 * replaces what is there.
 */
export function createFileDestination(options: FileDestinationOptions): Destination {
  const { kind, access, folder } = options;
  return {
    kind,
    target: `${kind}:${access.place}${folder}`,
    // One at a time: files of one folder appear in order.
    concurrency: 1,
    send: (delivery) => send(delivery, options),
    close: () => access.close(),
  };
}

async function send(delivery: LeasedDelivery, options: FileDestinationOptions): Promise<DeliveryOutcome> {
  const { access, folder, namePattern, blobs } = options;
  const name = fileName(namePattern, delivery);
  const hidden = access.join(folder, `.${name}.tmp`);
  try {
    await access.makeFolder(folder);
    await access.write(hidden, contentOf(delivery, blobs));
    if (!(await access.move(hidden, access.join(folder, name)))) {
      throw new BitHiveError('BH_FILE_IO', `${name} is gone before it could be named`);
    }
    await access.syncFolder(folder);
    return { kind: 'delivered', note: name };
  } catch (error) {
    const { code, detail, entry } = toBitHiveError(error);
    if (code === 'BH_INTERNAL') throw error;
    return { kind: entry.permanent ? 'dead' : 'retry', error: { code, detail } };
  }
}

/** A document that was cut out of a message becomes a file with the Binary to which its Bundle refers. */
function contentOf(
  { body, contentType, facts }: LeasedDelivery,
  blobs: Blobs,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (body.kind === 'inline') return [body.bytes];
  const bytes = blobs.stream(body.hash);
  if (contentType !== fhirBinaryContentType) return bytes;
  return binaryJson(String(facts?.url), String(facts?.mediaType), body.bytesCount).chunks(bytes);
}
