import { describe, expect, test } from '@jest/globals';
import { readDataset } from '../../../formats/dicom/index.ts';
import {
  type BuiltElement,
  dicomFile,
  el,
  encapsulated,
  encodeElements,
  imageElements,
} from '../../formats/dicom/object-builder.ts';
import { refusalCode } from '../../formats/dicom/refusal.ts';
import { run, tracesOf } from './planted.ts';

/** Who the patient is. Each stands where it belongs and in places where it does not. */
const who = {
  family: 'Quokkaberg',
  given: 'Wilhelmine',
  id: 'MRN-4711-0815',
  otherId: '88776655443',
  accession: 'ACC998877',
  birth: '19610913',
  studied: '20231107',
  address: 'Gumpendorfer Gasse 77',
  phone: '+43 1 5550123',
  physician: 'Wallabyson',
  study: '1.2.276.0.7230010.3.4711.1',
  series: '1.2.276.0.7230010.3.4711.2',
  instance: '1.2.276.0.7230010.3.4711.3',
  referenced: '1.2.276.0.7230010.3.4711.4',
  aeTitle: 'QUOKKA_AE',
} as const;
const needles = Object.values(who);
const sentence = `Pat. ${who.family}, ${who.given}, born 13.09.1961, ${who.id}, seen 2023-11-07`;

const identity: readonly BuiltElement[] = [
  el(0x00080005, 'CS', 'ISO_IR 100'),
  el(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
  el(0x00080018, 'UI', who.instance),
  el(0x00080020, 'DA', who.studied),
  el(0x00080050, 'SH', who.accession),
  el(0x00080060, 'CS', 'CT'),
  el(0x00080090, 'PN', who.physician),
  el(0x00100010, 'PN', `${who.family}^${who.given}`),
  el(0x00100020, 'LO', who.id),
  el(0x00100030, 'DA', who.birth),
  el(0x00101000, 'LO', who.otherId),
  el(0x00101040, 'LO', who.address),
  el(0x00102154, 'SH', who.phone),
  el(0x0020000d, 'UI', who.study),
  el(0x0020000e, 'UI', who.series),
];
const sorted = (...elements: readonly BuiltElement[]): readonly BuiltElement[] => {
  const byTag = new Map([...identity, ...elements].map((element) => [element.tag, element]));
  return [...byTag.values()].sort((a, b) => a.tag - b.tag);
};

/** Places that Table E.1-1 does not name, and such that it does. */
const hidden: readonly BuiltElement[] = [
  el(0x00080008, 'CS', `ORIGINAL\\${who.family.toUpperCase()}`),
  el(0x00080070, 'LO', `Maker of ${who.family}`),
  el(0x00081030, 'LO', sentence),
  el(0x00081090, 'LO', `Model ${who.id}`),
  el(0x00081250, 'SQ', [
    [
      el(0x00080104, 'LO', `for ${who.given}`),
      el(0x00081155, 'UI', who.referenced),
      el(0x00081250, 'SQ', [[el(0x00080070, 'LO', who.physician), el(0x00091001, 'LO', who.family)]]),
    ],
  ]),
  el(0x00090010, 'LO', `CREATOR ${who.family}`),
  el(0x00091001, 'UN', Buffer.from(who.family)),
  el(0x00091002, 'SQ', [[el(0x00100010, 'PN', who.family)]]),
  el(0x00100033, 'LO', who.birth),
  el(0x00100212, 'UC', 'Wombat'),
  el(0x00102201, 'LO', `${who.family} dog`),
  el(0x00120051, 'ST', sentence),
  el(0x00120063, 'LO', sentence),
  el(0x00180015, 'CS', 'CHEST'),
  el(0x00181020, 'LO', `1.0\\${who.otherId}`),
  el(0x00181271, 'UN', Buffer.from(who.family, 'utf16le')),
  el(0x00204000, 'LT', sentence),
  el(0x00280a04, 'LO', sentence),
  el(0x00400555, 'SQ', [[el(0x0040a160, 'UT', sentence), el(0x0040a123, 'PN', who.physician)]]),
  el(0x00420010, 'ST', `Letter about ${who.family}`),
  el(0x00620002, 'SQ', [[el(0x00620005, 'LO', `${who.family} lesion`), el(0x00620006, 'ST', sentence)]]),
  el(0x00700001, 'SQ', [[el(0x00700008, 'SQ', [[el(0x00700006, 'ST', sentence)]])]]),
  el(0x00700081, 'LO', sentence),
  el(0x00880140, 'UI', who.referenced),
  el(0x22000002, 'UT', sentence),
  el(0x30020002, 'SH', 'b. 13.09.1961'),
  el(0x00700080, 'CS', who.studied),
  el(0x50000022, 'LO', who.family),
  el(0x60000022, 'LO', who.family),
  el(0x60003000, 'OB', Buffer.from(who.family)),
  el(0x60004000, 'LT', sentence),
  el(0xfffcfffc, 'OB', Buffer.from(who.family + who.id)),
];
const meta: readonly BuiltElement[] = [
  el(0x00020001, 'OB', Uint8Array.of(0, 1)),
  el(0x00020003, 'UI', who.instance),
  el(0x00020012, 'UI', '1.2.3'),
  el(0x00020013, 'SH', who.family),
  el(0x00020016, 'AE', who.aeTitle),
  el(0x00020100, 'UI', who.referenced),
  el(0x00020102, 'OB', Buffer.from(who.family)),
];
const syntaxes = [
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.2',
  '1.2.840.10008.1.2.1.99',
] as const;
const options = [
  [],
  ['clean-descriptors', 'clean-structured-content', 'clean-graphics'],
  ['retain-modified-dates', 'retain-safe-private', 'retain-device-identity'],
  ['retain-patient-characteristics', 'retain-institution-identity'],
];

function fileOf(elements: readonly BuiltElement[], transferSyntaxUid: string): Buffer {
  const syntaxMeta = [...meta.slice(0, 2), el(0x00020010, 'UI', transferSyntaxUid), ...meta.slice(2)];
  const bytes = dicomFile(elements, { transferSyntaxUid, meta: syntaxMeta });
  bytes.write(who.family, 0, 'latin1');
  return bytes;
}

const leaks = (bytes: Uint8Array): readonly string[] =>
  needles.flatMap((needle) => tracesOf(bytes, needle).map((form) => `${needle} as ${form}`));

describe('planted identifiers', () => {
  test('are found where they are: the scan can fail', () => {
    const bytes = fileOf(sorted(...hidden), syntaxes[1]);
    expect(needles.filter((needle) => tracesOf(bytes, needle).length === 0)).toEqual([]);
    expect(tracesOf(Buffer.from(who.family, 'utf16le').swap16(), who.family)).toEqual(['utf-16be']);
    for (const shift of [0, 1, 2]) {
      const encoded = Buffer.from(`${'x'.repeat(shift)}${who.family}yz`).toString('base64');
      expect(tracesOf(Buffer.from(encoded), who.family)).toContain('base64');
    }
    expect(tracesOf(Buffer.from(Buffer.from(who.id).toString('hex').toUpperCase()), who.id)).toEqual(['hex']);
  });

  describe.each(syntaxes)('in %s', (syntax) => {
    test.each(options)('leave no trace under %s', async (...names) => {
      const { bytes } = await run(fileOf(sorted(...hidden), syntax), { options: names.filter(Boolean) });
      expect(leaks(bytes)).toEqual([]);
      // Of the patient nothing stays that no list names, whatever it says.
      expect(tracesOf(bytes, 'Wombat')).toEqual([]);
      expect(tracesOf(bytes, '13.09.1961')).toEqual([]);
      expect(bytes.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
      const left = readDataset(bytes);
      // What names nobody stays.
      expect(left.text(0x00180015)).toBe('CHEST');
      expect(left.text(0x00120062)).toBe('YES');
    });
  });

  test.each([
    ['ISO_IR 100', 'Größenwahn^Käthe', 'latin1'],
    ['ISO_IR 192', 'Größenwahn^Käthe', 'utf8'],
    ['ISO_IR 192', '山田^太郎', 'utf8'],
    ['ISO_IR 144', 'Лукин^Иван', 'iso-8859-5'],
  ])('a name in %s is found again in other texts', async (charset, name, encoding) => {
    const encoded = encoding === 'iso-8859-5' ? cyrillic(name) : Buffer.from(name, encoding as 'utf8');
    const separator = encoding === 'iso-8859-5' ? cyrillic(' ') : Buffer.from(' ');
    const bytes = dicomFile(
      sorted(
        el(0x00080005, 'CS', charset),
        el(0x00100010, 'PN', encoded),
        el(0x00700081, 'LO', Buffer.concat([Buffer.from('for'), separator, encoded])),
      ),
    );
    const cleaned = (await run(bytes)).bytes;
    const parts = name.split('^');
    expect(parts.flatMap((part) => tracesOf(cleaned, part))).toEqual([]);
    expect(readDataset(cleaned).text(0x00700081)).toBe('REMOVED');
  });

  test('text in the comments of a JPEG stream, behind native pixels and in unused bits of them', async () => {
    const comment = Buffer.from(`${who.family} ${who.id}`);
    const jpeg = Buffer.concat([
      Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, comment.length + 2]),
      comment,
      Buffer.from([0xff, 0xe1, 0, 2 + 10]),
      Buffer.from('Exif\0\0name'),
      Buffer.from([0xff, 0xda, 0, 2, 1, 2, 3, 4, 0xff, 0xd9]),
    ]);
    const object = imageElements(encapsulated([jpeg], [0])).filter(({ tag }) => tag > 0x00200000);
    const inJpeg = await run(dicomFile(sorted(...object), { transferSyntaxUid: '1.2.840.10008.1.2.4.50' }));
    expect(leaks(inJpeg.bytes)).toEqual([]);
    expect(tracesOf(inJpeg.bytes, 'Exif')).toEqual([]);
    const pixels = readDataset(inJpeg.bytes).get(0x7fe00010);
    const last = pixels?.fragments?.at(-1);
    expect([...(pixels?.slice(last?.offset ?? 0, last?.length ?? 0) ?? [])]).toEqual([
      ...[0xff, 0xd8, 0xff, 0xda, 0, 2, 1, 2, 3, 4, 0xff, 0xd9],
    ]);
    const native = el(0x7fe00010, 'OB', Buffer.concat([Buffer.from([1, 2, 3, 4]), comment]));
    const behind = await run(
      dicomFile(sorted(...imageElements(native).filter(({ tag }) => tag > 0x00200000))),
    );
    expect(leaks(behind.bytes)).toEqual([]);
    expect([...(readDataset(behind.bytes).get(0x7fe00010)?.bytes ?? [])]).toEqual([1, 2, 3, 4]);
  });

  test('text behind the end of a JPEG stream has the object refused: nobody knows what else is there', async () => {
    const jpeg = Buffer.concat([
      Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 2, 1, 2, 0xff, 0xd9]),
      Buffer.from(who.family),
    ]);
    const object = imageElements(encapsulated([jpeg], [0])).filter(({ tag }) => tag > 0x00200000);
    const file = dicomFile(sorted(...object), { transferSyntaxUid: '1.2.840.10008.1.2.4.50' });
    expect(await refusalCode(() => run(file))).toBe('BH_DICOM_BURNED_IN');
  });

  test('a number of the patient inside of UIDs that otherwise stay', async () => {
    const { bytes } = await run(
      dicomFile(
        sorted(
          el(0x0008010c, 'UI', `2.16.840.1.${who.otherId}`),
          el(0x00081150, 'UI', `1.2.840.10008.${who.otherId}`),
          el(0x0008001a, 'UI', '1.2.840.10008.5.1.4.1.1.481.1'),
        ),
      ),
    );
    expect(leaks(bytes)).toEqual([]);
    expect(readDataset(bytes).text(0x0008001a)).toBe('1.2.840.10008.5.1.4.1.1.481.1');
  });

  test('an overlay in the high bits of the pixels', async () => {
    const image = imageElements(el(0x7fe00010, 'OW', [0xf123, 0x8456, 0x4789, 0x1abc]), {
      bits: 16,
      stored: 12,
    });
    const overlay = [el(0x60000010, 'US', [2]), el(0x60000011, 'US', [2]), el(0x60000102, 'US', [12])];
    const object = sorted(...image.filter(({ tag }) => tag > 0x00200000), ...overlay);
    const { bytes } = await run(dicomFile(object));
    const pixels = readDataset(bytes).get(0x7fe00010)?.bytes ?? new Uint8Array();
    expect([...new Uint16Array(pixels.slice().buffer)]).toEqual([0x123, 0x456, 0x789, 0xabc]);
    expect(readDataset(bytes).get(0x60000010)).toBeUndefined();
  });

  test('a sequence that came as UN of a known length', async () => {
    const inside = encodeElements([el(0x00100010, 'PN', who.family)], {
      isImplicit: true,
      isBigEndian: false,
    });
    const item = Buffer.concat([Buffer.from([0xfe, 0xff, 0, 0xe0, inside.length, 0, 0, 0]), inside]);
    const { bytes } = await run(dicomFile(sorted(el(0x00081250, 'UN', item))));
    expect(leaks(bytes)).toEqual([]);
  });
});

function cyrillic(text: string): Buffer {
  return Buffer.from(
    [...text].map((letter) => {
      const code = letter.codePointAt(0) ?? 0;
      return code < 0x80 ? code : code - 0x0410 + 0xb0;
    }),
  );
}
