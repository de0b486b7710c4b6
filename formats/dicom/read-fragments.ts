import { setImmediate as nextTurn } from 'node:timers/promises';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ByteSource } from './byte-source.ts';
import type { DicomDataset } from './dataset.ts';
import type { Fragment } from './element.ts';
import { checkUndelimited } from './pixels/check-undelimited.ts';
import { pixelElement } from './pixels/pixel-element.ts';
import { elementsPerTurn, SourceWindow } from './source-window.ts';
import { formatTag, tags } from './tags.ts';

/** The items of encapsulated pixel data: the basic offset table, then the fragments; and the offset behind them. */
export interface FragmentList {
  readonly items: readonly Fragment[];
  readonly end: number;
}

/**
 * Walks the fragments of encapsulated pixel data that `readHeader` passed over, by their lengths; what is in them is not read.
 * Throws BH_DICOM_TRUNCATED, BH_DICOM_SYNTAX, BH_DICOM_LIMIT.
 */
export async function readFragments(
  source: ByteSource,
  header: DicomDataset,
  window = new SourceWindow(source),
): Promise<FragmentList> {
  const element = pixelElement(header);
  if (element === undefined || element.length >= 0) return { items: [], end: element?.offset ?? source.size };
  const { size } = source;
  const items: Fragment[] = [];
  let at = element.offset;
  while (items.length < limits.dicomElementsMax) {
    if (at === size && items.length > 1) {
      checkUndelimited(header, items.length - 1, await window.bytesAt(size - 3, 3));
      return { items, end: at };
    }
    const { tag, length } = itemHeader(await window.bytesAt(at, 8), size);
    if (tag === tags.sequenceDelimiter) return { items, end: at + 8 };
    if (tag !== tags.item || length === 0xffffffff) {
      throw new BitHiveError(
        'BH_DICOM_SYNTAX',
        `${formatTag(tag)} at ${at} in place of a fragment of pixel data`,
      );
    }
    items.push({ offset: at + 8, length });
    // Of bytes in memory the waits alone give nobody else a turn.
    if (items.length % elementsPerTurn === 0) await nextTurn();
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
