import type { DicomDataset } from './dataset.ts';
import type { DicomElement } from './element.ts';
import { readNumbers } from './number-values.ts';
import { decodeLatin1, trimPadding } from './plain-text.ts';
import { vrTraits } from './vr.ts';

/** Values of an element as text, without padding (PS3.5 6.2: trailing space or NUL; leading spaces where they mean nothing). */
export function readTexts(element: DicomElement, dataset: DicomDataset): readonly string[] {
  const traits = vrTraits(element.vr);
  if (traits.text === null) return printNumbers(element, dataset.isBigEndian);
  if (element.length === 0) return [];
  const text =
    traits.text === 'charset'
      ? dataset.characterSet.decode(element.bytes, element.vr)
      : decodeLatin1(element.bytes);
  if (!traits.isList) return [trimPadding(text)];
  return text.split('\\').map((value) => trimPadding(value).trimStart());
}

function printNumbers(element: DicomElement, isBigEndian: boolean): readonly string[] {
  if (element.vr.startsWith('O') || element.vr === 'UN') return [];
  const numbers = readNumbers(element, isBigEndian);
  return element.vr === 'AT'
    ? numbers.map((n) => n.toString(16).padStart(8, '0').toUpperCase())
    : numbers.map(String);
}
