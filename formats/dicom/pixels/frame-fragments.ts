import type { DicomDataset } from '../dataset.ts';
import type { DicomElement, Fragment } from '../element.ts';
import { pixelsError } from './pixels-error.ts';

/**
 * The encoded bytes of one frame of encapsulated pixel data (PS3.5 A.4): by one fragment per frame, the basic offset table, or
 * the start markers of the codec. Throws BH_DICOM_PIXELS when frames and fragments do not fit.
 */
export function encodedFrame(
  dataset: DicomDataset,
  element: DicomElement,
  framesCount: number,
  frame: number,
): Uint8Array {
  const [table, ...fragments] = element.fragments ?? [];
  if (table === undefined || fragments.length < framesCount) {
    throw pixelsError(`${framesCount} frames in ${fragments.length} fragments`);
  }
  return join(element, ownFragments(dataset, element, table, fragments, framesCount, frame));
}

function ownFragments(
  dataset: DicomDataset,
  element: DicomElement,
  table: Fragment,
  fragments: readonly Fragment[],
  framesCount: number,
  frame: number,
): readonly Fragment[] {
  if (framesCount === 1) return fragments;
  if (fragments.length === framesCount) return fragments.slice(frame, frame + 1);
  const starts =
    startsByTable(element, table, fragments, framesCount) ?? startsByMarker(element, fragments, framesCount);
  if (starts === undefined) {
    const name = dataset.transferSyntaxUid;
    throw pixelsError(
      `${fragments.length} fragments of ${name} cannot be told apart into ${framesCount} frames`,
    );
  }
  return fragments.slice(starts[frame], starts[frame + 1]);
}

/** Offsets count from the first byte behind the table; each must be that of an item, ascending. */
function startsByTable(
  element: DicomElement,
  table: Fragment,
  fragments: readonly Fragment[],
  framesCount: number,
): readonly number[] | undefined {
  if (table.length !== framesCount * 4) return undefined;
  const bytes = element.slice(table.offset, table.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const origin = table.offset + table.length;
  const indexByOffset = new Map(fragments.map((fragment, index) => [fragment.offset - 8 - origin, index]));
  const starts: number[] = [];
  for (let i = 0; i < framesCount; i += 1) {
    const index = indexByOffset.get(view.getUint32(i * 4, true));
    if (index === undefined || index <= (starts.at(-1) ?? -1)) return undefined;
    starts.push(index);
  }
  return starts[0] === 0 ? starts : undefined;
}

/** A frame begins with SOI (FF D8) or, in JPEG 2000, SOC (FF 4F); both are impossible at the start of a later fragment's entropy data. */
function startsByMarker(
  element: DicomElement,
  fragments: readonly Fragment[],
  framesCount: number,
): readonly number[] | undefined {
  const starts: number[] = [];
  for (const [index, fragment] of fragments.entries()) {
    const [first, second] = element.slice(fragment.offset, Math.min(fragment.length, 2));
    if (first === 0xff && (second === 0xd8 || second === 0x4f)) starts.push(index);
  }
  return starts.length === framesCount && starts[0] === 0 ? starts : undefined;
}

function join(element: DicomElement, fragments: readonly Fragment[]): Uint8Array {
  const [only] = fragments;
  if (only !== undefined && fragments.length === 1) return element.slice(only.offset, only.length);
  const bytes = new Uint8Array(fragments.reduce((sum, fragment) => sum + fragment.length, 0));
  let at = 0;
  for (const fragment of fragments) {
    bytes.set(element.slice(fragment.offset, fragment.length), at);
    at += fragment.length;
  }
  return bytes;
}
