import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDataset, type WritableDataset, writePart10 } from '../../../formats/dicom/index.ts';
import { cleanText } from '../../../mappings/deidentify/clean-text.ts';
import { refusalCode } from '../../formats/dicom/refusal.ts';
import { data, items, type Planted, pseudonyms, run, text } from './planted.ts';

const report = '1.2.840.10008.5.1.4.1.1.88.33';
const code = (value: string, scheme: string, meaning: string): WritableDataset =>
  data([0x00080100, text('SH', value)], [0x00080102, text('SH', scheme)], [0x00080104, text('LO', meaning)]);
const item = (type: string, ...more: readonly Planted[]): WritableDataset =>
  data(
    [0x0040a010, text('CS', 'CONTAINS')],
    [0x0040a040, text('CS', type)],
    [0x0040a043, items(code('121071', 'DCM', 'Finding'))],
    ...more,
  );
const sr = data(
  [0x00080016, text('UI', report)],
  [0x00080018, text('UI', '1.2.3.1')],
  [0x00080060, text('CS', 'SR')],
  [0x00100010, text('PN', 'Muster^Anna')],
  [0x0020000d, text('UI', '1.2.3')],
  [0x0020000e, text('UI', '1.2.3.0')],
  [
    0x0040a730,
    items(
      item('TEXT', [
        0x0040a160,
        text('UT', 'Nodule of 12 mm in the left upper lobe, seen by Wallaby on Monday'),
      ]),
      item('PNAME', [0x0040a123, text('PN', 'Wallaby^Karl')]),
      item('UIDREF', [0x0040a124, text('UI', '1.2.3.7')]),
      item('DATE', [0x0040a121, text('DA', '20231107')]),
      item('CODE', [0x0040a168, items(code('27925004', 'SCT', 'Nodule'))]),
      item('CODE', [0x0040a168, items(code('W1', '99HOSP', 'Ward of Wallaby'))]),
      item('IMAGE', [0x00081199, items(data([0x00081155, text('UI', '1.2.3.8')]))]),
      item('NUM', [0x0040a300, items(data([0x0040a30a, text('DS', '12.5')]))]),
      item('CONTAINER', [0x0040a730, items(item('TEXT', [0x0040a160, text('UT', 'Wallaby')]))]),
    ),
  ],
);
const file = writePart10(sr, { sopClassUid: report, sopInstanceUid: '1.2.3.1' });

describe('a structured report', () => {
  test('is refused unless somebody says what to do with it', async () => {
    expect(await refusalCode(() => run(file))).toBe('BH_DICOM_IDENTITY');
  });

  test('cleaned: codes, numbers and references stay, of its words those that name nobody', async () => {
    const { bytes } = await run(file, { options: ['clean-structured-content'] });
    const content = readDataset(bytes).sequence(0x0040a730);
    expect(content).toHaveLength(9);
    expect(content[0]?.text(0x0040a160)).toBe('Nodule of 12 mm in the left upper lobe by on');
    expect(content[1]?.text(0x0040a123)).toBe('REMOVED');
    expect(content[2]?.text(0x0040a124)).toBe(pseudonyms.uid('1.2.3.7'));
    expect(content[3]?.text(0x0040a121)).toBe('19000101');
    expect(content[4]?.sequence(0x0040a168)[0]?.text(0x00080104)).toBe('Nodule');
    expect(content[5]?.sequence(0x0040a168)[0]?.text(0x00080104)).toBe('Ward of');
    expect(content[6]?.sequence(0x00081199)[0]?.text(0x00081155)).toBe(pseudonyms.uid('1.2.3.8'));
    expect(content[7]?.sequence(0x0040a300)[0]?.text(0x0040a30a)).toBe('12.5');
    expect(content[8]?.sequence(0x0040a730)[0]?.text(0x0040a160)).toBe('REMOVED');
    expect(content.every((one) => one.sequence(0x0040a043)[0]?.text(0x00080104) === 'Finding')).toBe(true);
  });

  test('replaced: one comment that says nothing', async () => {
    const { bytes } = await run(file, { structuredContent: 'replace' });
    const content = readDataset(bytes).sequence(0x0040a730);
    expect(content.map((one) => [one.text(0x0040a040), one.text(0x0040a160)])).toEqual([['TEXT', 'REMOVED']]);
  });
});

describe('what says nothing of how it can be made anonymous is refused', () => {
  const of = (sopClassUid: string, ...more: readonly Planted[]): Uint8Array =>
    writePart10(new Map([...sr, [0x00080016, text('UI', sopClassUid)], ...data(...more)]), {
      sopClassUid,
      sopInstanceUid: '1.2.3.1',
    });

  test.each([
    ['an encapsulated PDF', '1.2.840.10008.5.1.4.1.1.104.1'],
    ['a recorded voice', '1.2.840.10008.5.1.4.1.1.9.4.1'],
    ['a directory', '1.2.840.10008.1.3.10'],
    ['a dose report', '1.2.840.10008.5.1.4.1.1.88.67'],
  ])('%s', async (_name, sopClassUid) => {
    expect(await refusalCode(() => run(of(sopClassUid)))).toBe('BH_DICOM_IDENTITY');
  });

  test('an empty page stands in place of a PDF where that is asked for', async () => {
    const pdf = of(
      '1.2.840.10008.5.1.4.1.1.104.1',
      [0x00420010, text('ST', 'Letter about Anna Muster')],
      [0x00420011, { vr: 'OB', value: Buffer.from('%PDF-1.4 Muster') }],
      [0x00420012, text('LO', 'application/pdf')],
    );
    const { bytes } = await run(pdf, { documents: 'replace' });
    const dataset = readDataset(bytes);
    expect(Buffer.from(dataset.get(0x00420011)?.bytes ?? []).toString('latin1')).toMatch(
      /^%PDF-1\.4\n[\s\S]*\/Count 1[\s\S]*%%EOF\n/,
    );
    expect(dataset.text(0x00420010)).toBe('REMOVED');
  });

  test('pixels at an address (JPIP)', async () => {
    const bytes = writePart10(new Map([...sr, [0x00080016, text('UI', '1.2.840.10008.5.1.4.1.1.2')]]), {
      ...{ sopClassUid: report, sopInstanceUid: '1.2.3.1' },
      transferSyntaxUid: '1.2.840.10008.1.2.4.94',
    });
    expect(await refusalCode(() => run(bytes))).toBe('BH_DICOM_IDENTITY');
  });

  test('an object with more names than anybody has, or more text than can be looked through', async () => {
    const names = Array.from({ length: 501 }, (_, at) => `Wallaby${at}`);
    const many = of('1.2.840.10008.5.1.4.1.1.2', [0x00101001, text('PN', ...names)]);
    expect(await refusalCode(() => run(many))).toBe('BH_DICOM_LIMIT');
    const long = of('1.2.840.10008.5.1.4.1.1.2', [0x00080119, text('UC', 'x'.repeat(33 * 1024 * 1024))]);
    expect(await refusalCode(() => run(long))).toBe('BH_DICOM_LIMIT');
  });

  test('an object without a SOP Instance UID', async () => {
    const nameless = writePart10(new Map([...sr].filter(([tag]) => tag !== 0x00080018)), {
      sopClassUid: report,
      sopInstanceUid: '1.2.3.1',
    });
    expect(await refusalCode(() => run(nameless))).toBe('BH_DICOM_ATTRIBUTE');
  });
});

test.each([
  ['CT Thorax/Abdomen with contrast 5.0mm, Dr. Wallaby', 'CT Thorax Abdomen with contrast 5.0mm'],
  ['T2-FLAIR tra 512x512 Muster_Anna 4711-0815 1961', 'T2 FLAIR tra 512x512'],
  ['MUSTER ANNA 13.09.1961', ''],
  ['13/09/1961 13-09-61 1961-09-13 13 09 1961', ''],
  ['Tel. +43 1 555 01 23', ''],
  ['b1000 slices 24 of 3 mm', 'b1000 slices 24 of 3 mm'],
  ['13 März 61', ''],
  ['Chest PA and LAT', 'Chest PA and LAT'],
  ['Müller-Lüdenscheidt', ''],
  ['<script>alert(1)</script>', '1'],
])('of the description %s stays %s', (given, left) => {
  expect(cleanText(given)).toBe(left);
});

test('a description that was cleaned is clean', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'CT',
      'of',
      'mm',
      '5.0',
      '24',
      '+1',
      '13.09.1961',
      'Wallaby',
      'T2-FLAIR',
      '3x4',
      '-',
      '5mm',
    ),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const once = cleanText(words.join(' '));
      expect(cleanText(once)).toBe(once);
      expect(once).not.toMatch(/Wallaby|1961|(?:^| )\d+ \d+(?: |$)/);
    }),
  );
});

describe('what an object says of its de-identification', () => {
  const stamped = (...codes: readonly WritableDataset[]): Uint8Array =>
    writePart10(
      new Map([
        ...[...sr].filter(([tag]) => tag !== 0x0040a730),
        [0x00120062, text('CS', 'NO')],
        [0x00120063, text('LO', 'by Wallaby')],
        [0x00120064, items(...codes)],
        [0x00080020, text('DA', '20231107')],
      ]),
      { sopClassUid: report, sopInstanceUid: '1.2.3.1' },
    );
  const said = async (options: readonly string[]) => {
    const file = stamped(code('113103', 'DCM', 'by Wallaby'), code('W', '99HOSP', 'Wallaby'));
    const dataset = readDataset((await run(file, { options, structuredContent: 'replace' })).bytes);
    const codes = dataset
      .sequence(0x00120064)
      .map((one) => [one.text(0x00080100), one.text(0x00080102), one.text(0x00080104)].join(' '));
    return [dataset.text(0x00120062), dataset.text(0x00120063), dataset.text(0x00280303), codes];
  };

  test('names profile and options, keeps the codes of an earlier pass and none of its words', async () => {
    const [method, basic] = [
      'BITHIVE PS3.15 E.1 2024b',
      '113100 DCM Basic Application Confidentiality Profile',
    ];
    const graphics = '113103 DCM Clean Graphics Option';
    expect(await said([])).toEqual(['YES', method, 'REMOVED', [basic, graphics]]);
    expect(await said(['retain-modified-dates'])).toEqual([
      ...['YES', method, 'MODIFIED'],
      [basic, graphics, '113107 DCM Retain Longitudinal Temporal Information Modified Dates Option'],
    ]);
    expect((await said(['retain-full-dates', 'clean-descriptors'])).slice(2)).toEqual([
      'UNMODIFIED',
      [
        ...[basic, graphics, '113105 DCM Clean Descriptors Option'],
        '113106 DCM Retain Longitudinal Temporal Information Full Dates Option',
      ],
    ]);
  });
});

test('one number of two issuers is two patients, of one issuer one', async () => {
  const patientOf = async (issuer: string) => {
    const bytes = writePart10(
      new Map([...sr, [0x00100020, text('LO', 'MRN1')], [0x00100021, text('LO', issuer)]]),
      { sopClassUid: report, sopInstanceUid: '1.2.3.1' },
    );
    return readDataset((await run(bytes, { structuredContent: 'replace' })).bytes).text(0x00100020);
  };
  expect(await patientOf('A')).toMatch(/^BH[0-9A-Z]{20}$/);
  expect(await patientOf('A')).toBe(await patientOf('A'));
  expect(await patientOf('A')).not.toBe(await patientOf('B'));
});

test('attributes that an earlier de-identification encrypted go: another key would open them', async () => {
  const encrypted = items(data([0x04000520, { vr: 'OB', value: Buffer.from('Wallaby, encrypted') }]));
  const bytes = writePart10(new Map([...sr, [0x04000500, encrypted]]), {
    sopClassUid: report,
    sopInstanceUid: '1.2.3.1',
  });
  const dataset = readDataset((await run(bytes, { structuredContent: 'replace' })).bytes);
  expect(dataset.get(0x04000500)).toBeUndefined();
});
