import { setImmediate as nextTurn } from 'node:timers/promises';
import { DicomDataset } from './dataset.ts';
import { ElementReader } from './element-reader.ts';
import { elementsPerTurn } from './source-window.ts';
import { transferSyntax } from './transfer-syntax.ts';

/**
 * Reads a data set that comes without preamble and group 0002, in a transfer syntax that is known from elsewhere: an identifier or an
 * attribute list of DIMSE. It may be empty. The event loop has its turns. Throws BH_DICOM_SYNTAX, BH_DICOM_TRUNCATED, BH_DICOM_LIMIT.
 */
export async function readBareDataset(bytes: Uint8Array, transferSyntaxUid: string): Promise<DicomDataset> {
  const syntax = transferSyntax(transferSyntaxUid);
  const dataset = new DicomDataset(syntax.uid, syntax.isBigEndian, undefined, undefined);
  const reader = new ElementReader({ syntax, size: bytes.length });
  reader.setWindow(bytes, 0);
  reader.at = 0;
  while (!reader.readDataset(dataset, elementsPerTurn)) await nextTurn();
  return dataset;
}
