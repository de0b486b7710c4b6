import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Blobs } from '../../../core/ports/index.ts';
import { type DicomDataset, dicomJsonPieces, pixelElement } from '../../../formats/dicom/index.ts';
import type { HeldInstance } from './held-instance.ts';
import { instanceUrl } from './search-results.ts';
import { withStoredObject } from './stored-object.ts';

/** Binary values of more bytes are named by a BulkDataURI. */
const inlineBytesMax = 1024;

/** Pieces of text that are made before the event loop runs again, and characters that are sent at a time. */
const piecesPerTurn = 4_000;
const charsPerSend = 256 * 1024;

/** The metadata of instances as an array of DICOM JSON (PS3.18 10.4.1.1.2), one data set after the other. Pixel data is named by the address of its frames. */
export async function* metadata(
  instances: readonly HeldInstance[],
  blobs: Pick<Blobs, 'pathOf' | 'stream'>,
  base: string,
): AsyncGenerator<Buffer, void, undefined> {
  let separator = '[';
  for (const instance of instances) {
    const header = await withStoredObject(instance, blobs, async (read) => read);
    yield Buffer.from(separator);
    yield* jsonOf(header, instanceUrl(base, instance));
    separator = ',';
  }
  yield Buffer.from(']');
}

async function* jsonOf(header: DicomDataset, url: string): AsyncGenerator<Buffer, void, undefined> {
  const pixels = pixelElement(header);
  const pieces = dicomJsonPieces(header, {
    inlineBytesMax,
    bulkDataUri: (element) =>
      element === pixels ? `${url}/frames` : `${url}/bulkdata/${element.offset}-${element.length}`,
  });
  let text = '';
  let count = 0;
  for (const piece of pieces) {
    text += piece;
    count += 1;
    if (count % piecesPerTurn === 0) await nextTurn();
    if (text.length < charsPerSend) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}
