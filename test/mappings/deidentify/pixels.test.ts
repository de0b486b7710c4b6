import { describe, expect, test } from '@jest/globals';
import { decodeFrame, readDataset } from '../../../formats/dicom/index.ts';
import {
  type BuiltElement,
  dicomFile,
  el,
  encapsulated,
  imageElements,
} from '../../formats/dicom/object-builder.ts';
import { refusalCode } from '../../formats/dicom/refusal.ts';
import { encodeRle } from '../../formats/dicom/rle-encoder.ts';
import { run } from './planted.ts';

const replaced = (
  elements: readonly BuiltElement[],
  ...by: readonly BuiltElement[]
): readonly BuiltElement[] =>
  [...new Map([...elements, ...by].map((element) => [element.tag, element])).values()].sort(
    (a, b) => a.tag - b.tag,
  );

const gray = Uint8Array.from({ length: 64 }, (_, at) => at + 1);
const ultrasound = replaced(
  imageElements(el(0x7fe00010, 'OB', gray), { rows: 8, columns: 8 }),
  el(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.6.1'),
  el(0x00080060, 'CS', 'US'),
  el(0x00080070, 'LO', 'Maker'),
  el(0x00081090, 'LO', 'Echo 1'),
);
const ct = replaced(
  ultrasound,
  el(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
  el(0x00080060, 'CS', 'CT'),
);
const burnedIn = (value: string) => el(0x00280301, 'CS', value);
const boxes = [{ x: 0, y: 0, width: 8, height: 2 }];
const masks = [{ modality: 'US', manufacturer: 'maker', model: 'Echo 1', rows: 8, columns: 8, boxes }];

describe('an image that may have text burned in', () => {
  test.each([
    ['ultrasound', ultrasound, 'BH_DICOM_BURNED_IN'],
    ['ultrasound that says NO', replaced(ultrasound, burnedIn('NO')), 'accepted'],
    ['CT', ct, 'accepted'],
    ['CT that says YES', replaced(ct, burnedIn('YES')), 'BH_DICOM_BURNED_IN'],
    [
      'a screen save of a CT',
      replaced(ct, el(0x00080008, 'CS', 'DERIVED\\SECONDARY\\SCREEN SAVE')),
      'BH_DICOM_BURNED_IN',
    ],
    ['a digitised film', replaced(ct, el(0x00080064, 'CS', 'DF')), 'BH_DICOM_BURNED_IN'],
    ['secondary capture', imageElements(el(0x7fe00010, 'OB', [1, 2, 3, 4])), 'BH_DICOM_BURNED_IN'],
    [
      'the label of a slide that says NO',
      replaced(ct, el(0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\LABEL\\NONE'), burnedIn('NO')),
      'BH_DICOM_BURNED_IN',
    ],
    ['ultrasound without pixels', ultrasound.filter(({ tag }) => tag !== 0x7fe00010), 'accepted'],
  ])('%s: %s', async (_name, elements, code) => {
    expect(await refusalCode(() => run(dicomFile(elements)))).toBe(code);
  });

  test('is refused where no mask fits', async () => {
    const refused = (elements: readonly BuiltElement[]) =>
      refusalCode(() => run(dicomFile(elements), { pixels: 'mask', masks }));
    expect(await refused(ultrasound)).toBe('accepted');
    expect(await refused(replaced(ultrasound, el(0x00081090, 'LO', 'Echo 2')))).toBe('BH_DICOM_BURNED_IN');
    const other = imageElements(el(0x7fe00010, 'OB', gray), { rows: 4, columns: 16 });
    expect(await refused(replaced(ultrasound, ...other.filter(({ tag }) => tag >>> 16 === 0x28)))).toBe(
      'BH_DICOM_BURNED_IN',
    );
  });
});

describe('a mask', () => {
  const masked = async (file: Uint8Array) => {
    const { bytes, isMasked } = await run(file, { pixels: 'mask', masks });
    const dataset = readDataset(bytes);
    expect([isMasked, dataset.text(0x00280301)]).toEqual([true, 'NO']);
    const codes = dataset.sequence(0x00120064).map((item) => item.text(0x00080100));
    expect(codes).toEqual(['113100', '113101']);
    return dataset;
  };

  test('blackens its boxes in native pixels and nothing else', async () => {
    const dataset = await masked(dicomFile(ultrasound));
    const { pixels } = await decodeFrame(dataset);
    expect([...pixels]).toEqual([...gray].map((value, at) => (at < 16 ? 0 : value)));
  });

  test('decodes encoded pixels and writes them native, every frame', async () => {
    const frame = encodeRle(gray, 64, 1, 1);
    const elements = replaced(
      ultrasound,
      el(0x00280008, 'IS', '2'),
      encapsulated([frame, frame], [0, frame.length + 8]),
    );
    const dataset = await masked(dicomFile(elements, { transferSyntaxUid: '1.2.840.10008.1.2.5' }));
    expect(dataset.transferSyntaxUid).toBe('1.2.840.10008.1.2.1');
    for (const at of [0, 1]) {
      const { pixels } = await decodeFrame(dataset, at);
      expect([...pixels]).toEqual([...gray].map((value, i) => (i < 16 ? 0 : value)));
    }
  });

  test.each([true, false])('colour, planes apart: %s', async (planar) => {
    const samples = Uint8Array.from({ length: 192 }, () => 200);
    const image = imageElements(el(0x7fe00010, 'OB', samples), {
      ...{ rows: 8, columns: 8, samples: 3, photometric: 'RGB', planar },
    });
    const dataset = await masked(
      dicomFile(replaced(ultrasound, ...image.filter(({ tag }) => tag >>> 16 >= 0x28))),
    );
    const { pixels } = await decodeFrame(dataset);
    const isMasked = (at: number): boolean => (planar ? at % 64 < 16 : at < 48);
    expect([...pixels]).toEqual([...samples].map((value, at) => (isMasked(at) ? 0 : value)));
  });

  test('a box beyond the image is cut, 16 bits too', async () => {
    const words = Uint16Array.from({ length: 64 }, (_, at) => at + 1000);
    const image = imageElements(el(0x7fe00010, 'OW', [...words]), { rows: 8, columns: 8, bits: 16 });
    const file = dicomFile(replaced(ultrasound, ...image.filter(({ tag }) => tag >>> 16 >= 0x28)));
    const wide = [{ boxes: [{ x: 6, y: 6, width: 100, height: 100 }] }];
    const { bytes } = await run(file, { pixels: 'mask', masks: wide });
    const { pixels } = await decodeFrame(readDataset(bytes));
    const black = new Set([54, 55, 62, 63]);
    expect([...pixels]).toEqual([...words].map((value, at) => (black.has(at) ? 0 : value)));
  });

  test('a rule without boxes says that this kind of image has nothing burned in', async () => {
    const { bytes } = await run(dicomFile(ultrasound), {
      pixels: 'mask',
      masks: [{ modality: 'US', boxes: [] }],
    });
    expect([...(readDataset(bytes).get(0x7fe00010)?.bytes ?? [])]).toEqual([...gray]);
  });
});
