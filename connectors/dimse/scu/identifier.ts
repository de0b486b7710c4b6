import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { DicomDataset } from '../../../formats/dicom/index.ts';
import { readBareDataset, type WritableDataset, writeDataset } from '../../../formats/dicom/index.ts';
import { implicitLittleEndian } from '../../../formats/dicom/transfer-syntax.ts';
import type { DimseMessage } from '../upper-layer/association.ts';
import type { PresentationContext } from '../upper-layer/presentation-context.ts';

/** Bytes of a data set that is written by hand: identifiers, attribute lists. Contexts of such services agree on little endian only. */
export const writeFor = (context: PresentationContext, dataset: WritableDataset): Uint8Array =>
  writeDataset(dataset, { explicit: context.transferSyntax !== implicitLittleEndian, littleEndian: true });

/** The data set of a message, read whole. Throws BH_DICOM_LIMIT over `limits.dimseDataSetBytesMax`, BH_DICOM_SYNTAX. */
export async function readWhole({ context, dataSet }: DimseMessage): Promise<DicomDataset> {
  const pieces: Uint8Array[] = [];
  let bytesCount = 0;
  for await (const piece of dataSet ?? []) {
    bytesCount += piece.length;
    if (bytesCount > limits.dimseDataSetBytesMax) {
      throw new BitHiveError('BH_DICOM_LIMIT', `a data set over ${limits.dimseDataSetBytesMax} bytes`);
    }
    pieces.push(piece);
  }
  return readBareDataset(Buffer.concat(pieces, bytesCount), context.transferSyntax);
}
