import { BitHiveError } from '../../core/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { DicomDataset } from './dataset.ts';
import { ElementReader } from './element-reader.ts';
import { pixelElement } from './pixels/pixel-element.ts';
import { readFragments } from './read-fragments.ts';
import { readElementsFrom } from './read-header.ts';
import { SourceWindow } from './source-window.ts';
import { tags } from './tags.ts';
import { transferSyntax } from './transfer-syntax.ts';

/**
 * Checks, for an object whose header was read, that its pixel data is all there: fragments are walked by their lengths, then
 * the elements behind them; no pixel is read. Throws BH_DICOM_TRUNCATED, BH_DICOM_SYNTAX, BH_DICOM_LIMIT.
 */
export async function verifyPixelData(source: ByteSource, header: DicomDataset): Promise<void> {
  const pixels = pixelElement(header);
  if (pixels === undefined) {
    if (describesPixels(header)) {
      throw new BitHiveError('BH_DICOM_TRUNCATED', 'the object describes pixels and has none');
    }
    return;
  }
  if (pixels.isLoaded) return;
  const window = new SourceWindow(source);
  const end =
    pixels.length >= 0 ? pixels.offset + pixels.length : (await readFragments(source, header, window)).end;
  const syntax = transferSyntax(header.transferSyntaxUid);
  const rest = new DicomDataset(syntax.uid, syntax.isBigEndian, undefined, undefined);
  const reader = new ElementReader({ syntax, size: source.size, deferOverBytes: 0 });
  await readElementsFrom(window, reader, end, rest);
}

/** Rows, columns and bits without pixel data, and no URL to fetch it from (0028,7FE0): the file was cut at an element. */
function describesPixels(header: DicomDataset): boolean {
  const described = [tags.rows, tags.columns, tags.bitsAllocated].every(
    (tag) => header.number(tag) !== undefined,
  );
  return described && header.get(0x00287fe0) === undefined;
}
