import type { LeasedDelivery } from '../../../core/delivery.ts';
import type { Blobs } from '../../../core/ports/index.ts';
import { bytesSource } from '../../../formats/dicom/byte-source.ts';
import { BlobSource } from '../../dicom-objects/blob-source.ts';
import { behindHead, type ObjectFile, readObjectFile } from '../scu/outgoing-object.ts';
import type { DataSetBytes } from '../upper-layer/pdu-writer.ts';

/** The object of a delivery, ready for an association: its data set is read anew for each attempt to send it. */
export interface DeliveredObject extends ObjectFile {
  dataSet(): DataSetBytes;
}

/** @throws BH_DICOM_*, BH_STORE_NOT_FOUND, BH_BLOB_CORRUPT (which also the data set may throw at its end) */
export async function deliveredObject({ body }: LeasedDelivery, blobs: Blobs): Promise<DeliveredObject> {
  if (body.kind === 'inline') {
    const file = await readObjectFile(bytesSource(body.bytes));
    return { ...file, dataSet: () => body.bytes.subarray(file.dataSetAt) };
  }
  const { hash, bytesCount } = body;
  const source = new BlobSource(bytesCount, Buffer.alloc(0), Promise.resolve({ hash, bytesCount }), blobs);
  try {
    const file = await readObjectFile(source);
    return { ...file, dataSet: () => behindHead(blobs.stream(hash), file.dataSetAt) };
  } finally {
    await source.close();
  }
}
