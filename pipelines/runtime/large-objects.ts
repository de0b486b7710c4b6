import type { NewDelivery } from '../../core/delivery.ts';
import { dicomResultContentType } from '../../core/dicom-object.ts';
import { limits } from '../../core/limits.ts';
import type { Blobs, ProcessedMessage } from '../../core/ports/index.ts';

/**
 * DICOM objects that a step made and that are too large for a row go to the blob store, synced before the commit that names them: an image of
 * half a megabyte to several archives is kept once. Bodies of other kinds are that large rarely, and stay where they are.
 */
export async function storeLargeObjects(
  results: readonly ProcessedMessage[],
  blobs: Blobs,
): Promise<readonly ProcessedMessage[]> {
  const stored: ProcessedMessage[] = [];
  for (const result of results) {
    if (!result.deliveries.some(isLarge)) stored.push(result);
    else {
      const deliveries: NewDelivery[] = [];
      for (const delivery of result.deliveries) deliveries.push(await outOfLine(delivery, blobs));
      stored.push({ ...result, deliveries });
    }
  }
  return stored;
}

const isLarge = ({ contentType, body }: NewDelivery): boolean =>
  contentType === dicomResultContentType &&
  body.kind === 'inline' &&
  body.bytes.length > limits.inlineBodyBytesMax;

async function outOfLine(delivery: NewDelivery, blobs: Blobs): Promise<NewDelivery> {
  const { body } = delivery;
  if (!isLarge(delivery) || body.kind !== 'inline') return delivery;
  const { hash, bytesCount } = await blobs.put(whole(body.bytes), body.bytes.length);
  return { ...delivery, body: { kind: 'blob', hash, bytesCount } };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
