import { describe, expect, test } from '@jest/globals';
import { instanceFacts, readDataset } from '../../../formats/dicom/index.ts';
import { type BuiltElement, dicomFile, el, imageElements } from './object-builder.ts';
import { refusalCode } from './refusal.ts';

const pixels = el(0x7fe00010, 'OW', new Uint8Array(4));
const facts = (elements: readonly BuiltElement[]) => instanceFacts(readDataset(dicomFile(elements)));
const replaced = (element: BuiltElement): readonly BuiltElement[] =>
  imageElements(pixels).map((before) => (before.tag === element.tag ? element : before));

describe('instanceFacts', () => {
  test('gives what is there and leaves out what is not', () => {
    expect(facts(imageElements(pixels, { frames: 3 }))).toEqual({
      sopInstanceUid: '1.2.3.4',
      sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      studyInstanceUid: '1.2.3.1',
      seriesInstanceUid: '1.2.3.2',
      modality: 'OT',
      rows: 2,
      columns: 2,
      frames: 3,
    });
  });

  test('makes a study of its own for an instance that names none, the same each time', () => {
    const without = imageElements(pixels).filter(({ tag }) => tag >>> 16 !== 0x0020);
    const { studyInstanceUid, seriesInstanceUid } = facts(without);
    expect(studyInstanceUid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
    expect(seriesInstanceUid).not.toBe(studyInstanceUid);
    expect(facts(without).studyInstanceUid).toBe(studyInstanceUid);
    const other = without.map((e) => (e.tag === 0x00080018 ? el(0x00080018, 'UI', '1.2.3.5') : e));
    expect(facts(other).studyInstanceUid).not.toBe(studyInstanceUid);
  });

  test('keeps hostile strings as data', () => {
    const hostile = '../../etc/passwd';
    expect(facts(replaced(el(0x0020000d, 'UI', hostile))).studyInstanceUid).toBe(hostile);
    const name = el(0x00100010, 'PN', '<img src=x onerror=alert(1)>');
    expect(
      facts([...replaced(el(0x00080060, 'CS', 'CR')), name].sort((a, b) => a.tag - b.tag)).patientName,
    ).toBe('<img src=x onerror=alert(1)>');
  });

  test.each<[string, BuiltElement, string]>([
    ['no SOP Instance UID', el(0x00080018, 'UI', ''), 'BH_DICOM_ATTRIBUTE'],
    ['no SOP Class UID', el(0x00080016, 'UI', '  '), 'BH_DICOM_ATTRIBUTE'],
    ['a UID of 65 characters', el(0x0020000d, 'UI', `${'1.'.repeat(32)}1`), 'BH_DICOM_ATTRIBUTE'],
    ['Rows 0', el(0x00280010, 'US', [0]), 'BH_DICOM_ATTRIBUTE'],
    ['Rows of UL with 4 billion', el(0x00280010, 'UL', [-1]), 'BH_DICOM_ATTRIBUTE'],
    ['Bits Allocated 0', el(0x00280100, 'US', [0]), 'BH_DICOM_ATTRIBUTE'],
    ['Bits Allocated 12', el(0x00280100, 'US', [12]), 'BH_DICOM_ATTRIBUTE'],
    ['Bits Allocated 255', el(0x00280100, 'US', [255]), 'BH_DICOM_ATTRIBUTE'],
    ['Bits Stored over Bits Allocated', el(0x00280101, 'US', [16]), 'BH_DICOM_ATTRIBUTE'],
    ['Samples per Pixel 60000', el(0x00280002, 'US', [60000]), 'BH_DICOM_ATTRIBUTE'],
  ])('refuses %s', async (_, element, code) => {
    expect(await refusalCode(() => facts(replaced(element)))).toBe(code);
  });

  test('refuses a frame over the limit', async () => {
    const huge = imageElements(pixels, { rows: 65535, columns: 65535, samples: 3 });
    expect(await refusalCode(() => facts(huge))).toBe('BH_DICOM_LIMIT');
  });
});
