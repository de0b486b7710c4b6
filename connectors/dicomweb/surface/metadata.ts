import type { Blobs } from '../../../core/ports/index.ts';
import { dicomJson, pixelElement } from '../../../formats/dicom/index.ts';
import type { HeldInstance } from './held-instance.ts';
import { instanceUrl } from './search-results.ts';
import { withStoredObject } from './stored-object.ts';

/** Binary values of more bytes are named by a BulkDataURI. */
const inlineBytesMax = 1024;

/** The metadata of instances as an array of DICOM JSON (PS3.18 10.4.1.1.2), one data set after the other. Pixel data is named by the address of its frames. */
export async function* metadata(
  instances: readonly HeldInstance[],
  blobs: Pick<Blobs, 'pathOf' | 'stream'>,
  base: string,
): AsyncGenerator<Buffer, void, undefined> {
  let separator = '[';
  for (const instance of instances) {
    const json = await withStoredObject(instance, blobs, async (header) => {
      const pixels = pixelElement(header);
      const url = instanceUrl(base, instance);
      return dicomJson(header, {
        inlineBytesMax,
        bulkDataUri: (element) =>
          element === pixels ? `${url}/frames` : `${url}/bulkdata/${element.offset}-${element.length}`,
      });
    });
    yield Buffer.from(`${separator}${json}`);
    separator = ',';
  }
  yield Buffer.from(']');
}
