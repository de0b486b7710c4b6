import { BitHiveError } from '../../core/errors.ts';
import { DicomDataset } from './dataset.ts';
import { ElementReader } from './element-reader.ts';
import { inflateSync } from './inflate.ts';
import { effectiveSyntax, objectStart, startBytesCount } from './object-start.ts';
import { checkUndelimited } from './pixels/check-undelimited.ts';
import { pixelElement } from './pixels/pixel-element.ts';
import { tags } from './tags.ts';
import { explicitLittleEndian, transferSyntax } from './transfer-syntax.ts';

/**
 * Reads a whole PS3.10 object that is in memory; preamble and group 0002 may be missing. Nothing is copied: the data set
 * keeps `bytes`. Throws BH_DICOM_SYNTAX, BH_DICOM_TRUNCATED, BH_DICOM_LIMIT.
 */
export function readDataset(bytes: Uint8Array): DicomDataset {
  const metaReader = fileMetaReader(bytes.length);
  metaReader.setWindow(bytes, 0);
  metaReader.at = objectStart(bytes.subarray(0, startBytesCount));
  const meta = new DicomDataset(explicitLittleEndian, false, undefined, undefined);
  metaReader.readFileMeta(meta);
  const at = metaReader.at;
  const syntax = effectiveSyntax(meta.text(tags.transferSyntaxUid), bytes.subarray(at, at + startBytesCount));
  const dataset = new DicomDataset(syntax.uid, syntax.isBigEndian, undefined, meta);

  const body = syntax.isDeflated ? inflateSync(bytes.subarray(at)) : bytes;
  const reader = new ElementReader({ syntax, size: body.length });
  reader.setWindow(body, 0);
  reader.at = syntax.isDeflated ? 0 : at;
  reader.readDataset(dataset);
  checkNotEmpty(dataset);
  const pixels = pixelElement(dataset);
  const last = pixels?.fragments?.at(-1);
  if (pixels?.isUndelimited && last !== undefined) {
    const lastBytes = pixels.slice(last.offset, last.length).subarray(-3);
    checkUndelimited(dataset, (pixels.fragments?.length ?? 0) - 1, lastBytes);
  }
  return dataset;
}

/** Group 0002 is explicit little endian in every object (PS3.10 7.1). */
export function fileMetaReader(size: number): ElementReader {
  return new ElementReader({ syntax: transferSyntax(explicitLittleEndian), size });
}

export function checkNotEmpty(dataset: DicomDataset): void {
  if (dataset.elements.next().done) {
    throw new BitHiveError('BH_DICOM_TRUNCATED', 'there is no data set after the file meta information');
  }
}
