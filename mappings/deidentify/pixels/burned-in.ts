import { isPixelDataTag, tags, type WritableDataset } from '../../../formats/dicom/index.ts';
import { textOf, textsOf } from '../element-values.ts';

const burnedInTag = 0x00280301;
const imageTypeTag = 0x00080008;
const conversionTypeTag = 0x00080064;

/** Devices and sources that usually write names into the image. */
const riskyModalities: ReadonlySet<string> = new Set([
  ...['US', 'IVUS', 'OT', 'SC', 'XC', 'ES', 'RF', 'HC', 'DOC', 'GM', 'DG', 'TG', 'LP', 'VF', 'EPS', 'BDUS'],
]);
/** Secondary capture, ultrasound, visible light and fluoroscopy, by what their UIDs begin with (PS3.4 B.5). */
const riskyClasses: readonly string[] = [
  '7',
  '7.',
  '3',
  '3.',
  '6',
  '6.',
  '77.1.1',
  '77.1.2',
  '77.1.4',
  '12.2',
].map((end) => `1.2.840.10008.5.1.4.1.1.${end}`);
/** Values of Image Type that stand for a picture of a screen or of a slide's label. */
const riskyImageTypes =
  /^(SCREEN ?SAVE|SCREENSHOT|SCREEN|REPORT|LABEL|OVERVIEW|CT_SOM\d+ PROT|DOSE_INFO|LOCALIZER_SCREEN)$/;

/**
 * Why an image may show who the patient is; undefined where nothing says so. (0028,0301) NO is believed except for a label, whose purpose is to
 * show it.
 */
export function burnedInRisk(dataset: WritableDataset): string | undefined {
  if (![...dataset.keys()].some(isPixelDataTag)) return undefined;
  const types = textsOf(dataset.get(imageTypeTag));
  const risky = types.find((type) => riskyImageTypes.test(type));
  if (risky === 'LABEL' || risky === 'OVERVIEW') return `Image Type says ${risky}`;
  const burnedIn = textOf(dataset, burnedInTag).toUpperCase();
  if (burnedIn === 'YES') return 'Burned In Annotation is YES';
  if (burnedIn === 'NO') return undefined;
  if (risky !== undefined) return `Image Type says ${risky}, and Burned In Annotation is not NO`;
  const modality = textOf(dataset, tags.modality);
  if (riskyModalities.has(modality)) return `modality ${modality}, and Burned In Annotation is not NO`;
  const sopClassUid = textOf(dataset, tags.sopClassUid);
  if (
    riskyClasses.some(
      (start) => sopClassUid === start || (start.endsWith('.') && sopClassUid.startsWith(start)),
    )
  )
    return `SOP class ${sopClassUid}, and Burned In Annotation is not NO`;
  if (textOf(dataset, conversionTypeTag) !== '')
    return 'it was captured or digitised, and Burned In Annotation is not NO';
  return undefined;
}
