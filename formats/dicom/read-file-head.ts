import type { ByteSource } from './byte-source.ts';
import { DicomDataset } from './dataset.ts';
import { effectiveSyntax, objectStart, startBytesCount } from './object-start.ts';
import { fileMetaReader } from './read-dataset.ts';
import { SourceWindow } from './source-window.ts';
import { tags } from './tags.ts';
import { explicitLittleEndian, type TransferSyntax } from './transfer-syntax.ts';

/** What stands before the data set of a stored object. */
export interface FileHead {
  /** Group 0002, empty where the object has none. */
  readonly meta: DicomDataset;
  /** In which the data set is really written. */
  readonly syntax: TransferSyntax;
  /** Offset of the data set. */
  readonly dataSetAt: number;
}

/** Reads preamble and group 0002 (PS3.10 7.1), which may be missing. Throws BH_DICOM_SYNTAX, BH_DICOM_TRUNCATED, BH_DICOM_LIMIT. */
export async function readFileHead(
  source: ByteSource,
  window: SourceWindow = new SourceWindow(source),
): Promise<FileHead> {
  const reader = fileMetaReader(source.size);
  reader.at = objectStart(await window.bytesAt(0, startBytesCount));
  const meta = new DicomDataset(explicitLittleEndian, false, undefined, undefined);
  await window.run(reader, (elementsMax) => reader.readFileMeta(meta, elementsMax));
  const dataSetAt = reader.at;
  const first = await window.bytesAt(dataSetAt, startBytesCount);
  return { meta, syntax: effectiveSyntax(meta.text(tags.transferSyntaxUid), first), dataSetAt };
}
