import { tags, type WritableDataset } from '../../../formats/dicom/index.ts';
import { numberOf, textOf } from '../element-values.ts';
import type { MaskRule } from '../policy.ts';

const manufacturerTag = 0x00080070;
const modelTag = 0x00081090;

/** The first rule that fits an image. Names are compared without case; rows and columns must be the image's own. */
export function maskRuleFor(dataset: WritableDataset, rules: readonly MaskRule[]): MaskRule | undefined {
  const isSame = (wanted: string | undefined, tag: number): boolean =>
    wanted === undefined || wanted.toLowerCase() === textOf(dataset, tag).toLowerCase();
  return rules.find(
    ({ modality, manufacturer, model, rows, columns }) =>
      isSame(modality, tags.modality) &&
      isSame(manufacturer, manufacturerTag) &&
      isSame(model, modelTag) &&
      (rows === undefined || rows === numberOf(dataset, tags.rows)) &&
      (columns === undefined || columns === numberOf(dataset, tags.columns)),
  );
}
