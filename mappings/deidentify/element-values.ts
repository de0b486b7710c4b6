import type { WritableDataset, WritableElement } from '../../formats/dicom/index.ts';

/** The items of a sequence; [] for every other element. */
export function itemsOf(element: WritableElement | undefined): readonly WritableDataset[] {
  const value = element?.value;
  return element?.vr === 'SQ' && Array.isArray(value) ? value.filter((item) => item instanceof Map) : [];
}

/** The values of a text VR; [] for every other element. */
export function textsOf(element: WritableElement | undefined): readonly string[] {
  const value = element?.value;
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export function textOf(dataset: WritableDataset, tag: number): string {
  return textsOf(dataset.get(tag))[0] ?? '';
}

/** A whole number of VR US in little endian bytes, or of IS. */
export function numberOf(dataset: WritableDataset, tag: number): number | undefined {
  const element = dataset.get(tag);
  const value = element?.value;
  if (value instanceof Uint8Array && value.length >= 2) return (value[0] ?? 0) + 256 * (value[1] ?? 0);
  const text = textsOf(element)[0];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
