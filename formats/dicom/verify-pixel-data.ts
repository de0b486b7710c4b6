import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ByteSource } from './byte-source.ts';
import { DicomDataset } from './dataset.ts';
import { ElementReader } from './element-reader.ts';
import { checkUndelimited } from './pixels/check-undelimited.ts';
import { pixelElement } from './pixels/pixel-element.ts';
import { readElementsFrom } from './read-header.ts';
import { SourceWindow } from './source-window.ts';
import { formatTag, tags } from './tags.ts';
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
    pixels.length >= 0
      ? pixels.offset + pixels.length
      : await fragmentsEnd(window, source.size, pixels.offset, header);
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

async function fragmentsEnd(
  window: SourceWindow,
  size: number,
  from: number,
  header: DicomDataset,
): Promise<number> {
  let at = from;
  for (let count = 0; count < limits.dicomElementsMax; count += 1) {
    if (at === size && count > 1) {
      checkUndelimited(header, count - 1, await window.bytesAt(size - 3, 3));
      return at;
    }
    const { tag, length } = itemHeader(await window.bytesAt(at, 8), size);
    if (tag === tags.sequenceDelimiter) return at + 8;
    if (tag !== tags.item || length === 0xffffffff) {
      throw new BitHiveError(
        'BH_DICOM_SYNTAX',
        `${formatTag(tag)} at ${at} in place of a fragment of pixel data`,
      );
    }
    at += 8 + length;
    if (at > size) {
      throw new BitHiveError('BH_DICOM_TRUNCATED', `a fragment ends at ${at}, the object at ${size}`);
    }
  }
  throw new BitHiveError('BH_DICOM_LIMIT', `more than ${limits.dicomElementsMax} fragments`);
}

/** Always little endian: encapsulated objects have no other form (PS3.5 A.4). */
function itemHeader(bytes: Uint8Array, size: number): { tag: number; length: number } {
  if (bytes.length < 8) throw new BitHiveError('BH_DICOM_TRUNCATED', `no end of pixel data before ${size}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const tag = view.getUint16(0, true) * 65536 + view.getUint16(2, true);
  return { tag, length: view.getUint32(4, true) };
}
