import { setImmediate as nextTurn } from 'node:timers/promises';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ByteSource } from './byte-source.ts';
import { DicomDataset } from './dataset.ts';
import { ElementReader } from './element-reader.ts';
import { inflate } from './inflate.ts';
import { checkNotEmpty } from './read-dataset.ts';
import { readFileHead } from './read-file-head.ts';
import { elementsPerTurn, SourceWindow } from './source-window.ts';
import type { TransferSyntax } from './transfer-syntax.ts';

/** Values of the top level above this (a document, a waveform) are passed over like pixel data. */
const deferOverBytes = 1024 * 1024;

/**
 * Reads what precedes pixel data, and only that, from a stored object; a deflated one is inflated whole. Pixel data and values
 * over 1 MiB are elements with offset and length that are not loaded. Every length is checked against the size of the source,
 * so a native object that was cut off is refused; for an encapsulated one ask `verifyPixelData`.
 * Throws BH_DICOM_SYNTAX, BH_DICOM_TRUNCATED, BH_DICOM_LIMIT.
 */
export async function readHeader(source: ByteSource): Promise<DicomDataset> {
  const window = new SourceWindow(source);
  const { meta, syntax, dataSetAt: at } = await readFileHead(source, window);
  const dataset = new DicomDataset(syntax.uid, syntax.isBigEndian, undefined, meta);
  if (syntax.isDeflated) await readDeflated(source, at, syntax, dataset);
  else
    await readElementsFrom(
      window,
      new ElementReader({ syntax, size: source.size, deferOverBytes }),
      at,
      dataset,
    );
  checkNotEmpty(dataset);
  return dataset;
}

/** Reads elements from an offset up to the end, or up to pixel data. */
export async function readElementsFrom(
  window: SourceWindow,
  reader: ElementReader,
  at: number,
  dataset: DicomDataset,
): Promise<void> {
  reader.at = at;
  await window.run(reader, (elementsMax) => reader.readDataset(dataset, elementsMax));
}

async function readDeflated(
  source: ByteSource,
  at: number,
  syntax: TransferSyntax,
  dataset: DicomDataset,
): Promise<void> {
  const length = source.size - at;
  if (length > limits.dicomHeaderBytesMax) {
    throw new BitHiveError('BH_DICOM_LIMIT', `a deflated object of over ${limits.dicomHeaderBytesMax} bytes`);
  }
  const body = await inflate(await source.read(at, length));
  const reader = new ElementReader({ syntax, size: body.length });
  reader.setWindow(body, 0);
  while (!reader.readDataset(dataset, elementsPerTurn)) await nextTurn();
}
